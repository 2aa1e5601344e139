"""Everything but rows, by name: what each side has, and where two sides differ."""

"""One driver per tool; a TOML manifest describes a tool that has no driver."""

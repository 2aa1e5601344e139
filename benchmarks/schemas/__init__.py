"""Random schemas: every place in which an expression or an option can be stored, from a seed."""

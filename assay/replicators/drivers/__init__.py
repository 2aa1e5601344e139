"""One file per tool: its claims and its argv."""

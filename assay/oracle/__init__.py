"""The oracle: whether two databases are the same, seen by itself, never told by a tool."""

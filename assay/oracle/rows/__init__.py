"""How rows are read and merged, byte for byte."""

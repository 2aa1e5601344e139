"""One file for each command of `assay`; that of `compare` is in its own room."""

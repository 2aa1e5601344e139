"""What `assay init` writes into somebody's repository: files to begin with."""

"""`assay compare`: what a person asks about two databases, and how the answer looks."""

"""The engine of Replicator Assay: plain Python, never imports pytest."""

__version__ = "0.1.0"

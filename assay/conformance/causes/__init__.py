"""From what was seen in a phase to its cause."""

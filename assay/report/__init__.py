"""The journal of a run and what is drawn from it."""

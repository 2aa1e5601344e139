"""The oracle shows that it can see, before its answer counts."""

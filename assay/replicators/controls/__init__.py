"""The negative controls: tools that are wrong in one known way."""

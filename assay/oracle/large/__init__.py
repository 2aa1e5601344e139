"""Large relations in two passes: what a first one shows to be equal is not read again."""

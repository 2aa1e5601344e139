"""How a case is seen again by hand: what was done, as a script for a shell."""

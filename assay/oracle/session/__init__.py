"""How both servers are asked: one snapshot each, several sessions of it, one position."""

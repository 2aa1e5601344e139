"""Servers, pairs, databases, sessions with pinned settings, WAL positions."""

"""Catalog queries, one module per family; each gives facts by name, never by OID."""

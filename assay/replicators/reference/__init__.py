"""The reference replicator: PostgreSQL's own parts behind the five-command contract."""

"""What pg_dump and pg_dumpall say of both sides."""

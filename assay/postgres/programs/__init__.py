"""Where PostgreSQL's programs are: an installation, a wheel, a folder that was named."""

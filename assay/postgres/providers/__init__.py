"""Where servers come from: a URL, Docker, an installation, a wheel."""

"""What every deployed endpoint is put through: checks, what they came to, what to look at next."""

"""What differs between two databases, exactly."""

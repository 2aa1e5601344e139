"""What a comparison is about and what it says, in words that every room shares."""

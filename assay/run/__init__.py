"""What a run says of what was seen: its causes."""

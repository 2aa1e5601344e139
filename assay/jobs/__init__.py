"""The job API from outside: its client, its state machine, what its contract allows."""

"""News of a run or a deployment: one message a cause and day, to wherever Apprise reaches."""

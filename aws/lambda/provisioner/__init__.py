"""Starts one worker for each accepted job."""

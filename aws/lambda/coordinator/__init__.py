"""Answers the job API."""

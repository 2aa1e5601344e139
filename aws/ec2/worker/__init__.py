"""Does one job on one instance, and ends the instance."""

"""A case, its plan, its evidence; judging it; known gaps."""

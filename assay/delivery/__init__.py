"""From a commit to production by evidence: what a run yields, who signed it, what it lets in."""

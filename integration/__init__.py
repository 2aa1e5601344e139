"""The conformance suite of a replicator; installed as `assay.suite`."""

"""The suite that every deployed endpoint is put through; installed as `assay.smoke_suite`."""

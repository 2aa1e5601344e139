"""What the coordinator, the provisioner, the reconciler and the worker share."""

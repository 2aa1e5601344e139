"""AWS on this machine, and the tools that drive AWS: emulator, Terraform, images, stacks."""

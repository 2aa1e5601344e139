"""Deployments: environments, Terraform, what was applied."""

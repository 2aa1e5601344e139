"""The launcher: ministack, and the few behaviours that the control plane needs and it lacks.

Runs in ministack's own environment (see ``environment.py``), never in the project's. Each module
replaces private functions of one version, hence the exact pin. What a module supplies, a passing
test shows of our Terraform and clients, never of AWS.
"""

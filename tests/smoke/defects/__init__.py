"""Defects of the job API: each must turn the suite red.

Each module registers its own; `DEFECTS` has them all.
"""

from tests.smoke.breaking import DEFECTS, Defect
from tests.smoke.defects import data, jobs, keys, routes, specifications

MODULES = (jobs, keys, specifications, routes, data)  # imported: each registers its defects

__all__ = ["DEFECTS", "MODULES", "Defect"]

"""Which packages a wheel carries; all else is said in pyproject.toml."""

import sys

from setuptools import find_packages, setup

# Folders of the clone that lie inside the package as installed: a top-level `fixtures` or `smoke`
# would be somebody else's.
INSIDE = {
    "assay.suite": "integration",
    "assay.smoke_suite": "smoke",
    "assay.contract": "aws/contract",
    "assay.docs": "docs",
}
PLUGINS = {"assay.fixtures": "fixtures"}
if "editable_wheel" in sys.argv:  # the clone's conftest.py knows the plugins by the folder's name
    PLUGINS = {"fixtures": "fixtures"}

setup(
    packages=[*find_packages(include=["assay", "assay.*"]), *INSIDE, *PLUGINS],
    package_dir={**INSIDE, **PLUGINS},
)

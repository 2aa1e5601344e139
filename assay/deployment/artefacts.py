"""What is deployed, by digest: so that what was tested can be told from what was not."""

from __future__ import annotations

from assay.deployment.steps import Results

_TOLD = {"release_binary": "sha256", "lambda_package": "sha256", "worker_image": "made_from"}


def artefacts_of(results: Results) -> dict[str, str]:
    """The digests of what the steps made and what is deployed, by the steps' names.

    A machine image has another id in each account: its digest is of what it is made from.
    """
    return {
        name: str(results[name].made.get(key) or results[name].inputs)
        for name, key in _TOLD.items()
        if name in results
    }

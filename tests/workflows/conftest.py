"""The executor's parts that are kept for a whole session."""

from __future__ import annotations

import pytest

from tests.workflows.house import house as made
from tests.workflows.language import Language


@pytest.fixture(scope="session")
def language():
    language = Language()
    yield language
    language.close()


@pytest.fixture(scope="session")
def house(language, tmp_path_factory):
    return made(language, tmp_path_factory.mktemp("house") / "workspace")

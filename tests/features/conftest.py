"""One log in memory for all tests of features."""

from collections.abc import Iterator

import pytest

from tests.features.memory import MemoryStore


@pytest.fixture(scope="session")
def store() -> Iterator[MemoryStore]:
    memory = MemoryStore()
    yield memory
    memory.close()

"""What the store's tests share."""

from pathlib import Path

import pytest

from tutorpulse.store.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A new home."""
    return Home.open(tmp_path / "home", create=True)

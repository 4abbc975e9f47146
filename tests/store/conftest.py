"""What the store's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.door import FOREVER
from tutorpulse.store.home import Home
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.log import EventStore


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A new home."""
    return Home.open(tmp_path / "home", create=True)


@pytest.fixture
def store(home: Home) -> Iterator[EventStore]:
    """The open log of the new home."""
    with EventStore.open(home) as opened:
        yield opened


@pytest.fixture
def live(store: EventStore) -> Iterator[LiveLog]:
    """Its door, which brings events into the database only on demand."""
    opened = LiveLog(store, limits=FOREVER)
    yield opened
    opened.close(30)

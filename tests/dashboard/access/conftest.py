"""A served home with the pages, and somebody of each role."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.service.live.homes import LIVE_US
from tutorpulse.api.app import create_app
from tutorpulse.clock import FixedClock
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.access import users
from tutorpulse.service.live.service import Service, open_service
from tutorpulse.settings import Settings

PASSWORD = "correct horse battery"
SETTINGS = Settings(signin_attempts_per_minute=1_000.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An empty home with vera (viewer), olaf (operator) and ada (admin)."""
    path = tmp_path_factory.mktemp("pages") / "home"
    with open_service(Path(path), create=True, clock=FixedClock(LIVE_US), settings=SETTINGS) as served:
        with served.states.one() as state:
            for name, role in (("vera", "viewer"), ("olaf", "operator"), ("ada", "admin")):
                users.create(state, name, role, PASSWORD, LIVE_US)
        yield served


@pytest.fixture(scope="module")
def app(service: Service) -> FastAPI:
    made = create_app(service)
    mount(made)
    return made

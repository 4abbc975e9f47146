import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.status import STATUSES, is_scored, silence_days, statuses

AS_OF_DAY = 1000
COLUMNS = (
    "registered_us",
    "first_activity_us",
    "last_activity_us",
    "departed_us",
    "paused_since_us",
    "paused_until_us",
)


def facts_of(**days: float) -> dict[str, np.ndarray]:
    return {name: np.array([days.get(name[:-3], np.nan) * DAY_US]) for name in COLUMNS}


def status_of(exit_gap_days: float | None = 30, **days: float) -> str:
    return str(statuses(facts_of(**days), AS_OF_DAY * DAY_US, exit_gap_days)[0])


OLD = {"registered": 100, "first_activity": 110}


def test_departed_comes_before_everything() -> None:
    assert (
        status_of(**OLD, last_activity=999, departed=999, paused_since=990, paused_until=1010) == "departed"
    )


def test_a_departure_after_the_moment_does_not_count() -> None:
    assert status_of(**OLD, last_activity=999, departed=1001) == "active"


@pytest.mark.parametrize(
    ("until", "status"), [(1001, "paused"), (np.inf, "paused"), (np.nan, "paused"), (1000, "active")]
)
def test_a_pause_lasts_until_its_stated_end(until: float, status: str) -> None:
    assert status_of(**OLD, last_activity=990, paused_since=991, paused_until=until) == status


@pytest.mark.parametrize(("last", "status"), [(970, "active"), (969.99, "inactive")])
def test_inactive_is_silent_for_longer_than_the_gap(last: float, status: str) -> None:
    assert status_of(**OLD, last_activity=last) == status


def test_without_a_gap_half_a_year_of_silence_is_inactive() -> None:
    assert status_of(None, **OLD, last_activity=820) == "active"
    assert status_of(None, **OLD, last_activity=819) == "inactive"


def test_time_in_a_stated_pause_is_no_silence() -> None:
    assert status_of(**OLD, last_activity=950, paused_since=955, paused_until=985) == "active"
    assert silence_days(
        facts_of(last_activity=950, paused_since=955, paused_until=985), AS_OF_DAY * DAY_US
    ) == pytest.approx([20])


@pytest.mark.parametrize(("registered", "status"), [(970, "active"), (970.01, "new"), (1000, "new")])
def test_new_for_thirty_days_after_registration(registered: float, status: str) -> None:
    assert status_of(40, registered=registered, first_activity=995, last_activity=995) == status


def test_new_by_the_first_activity_where_no_registration_is_known() -> None:
    assert status_of(first_activity=980, last_activity=999) == "new"


def test_registered_and_never_active_becomes_inactive_after_the_gap() -> None:
    assert status_of(registered=975) == "new"
    assert status_of(registered=969) == "inactive"


def test_known_by_name_only_is_inactive() -> None:
    assert status_of() == "inactive"


def test_only_new_and_active_are_scored() -> None:
    scored = is_scored(np.array(STATUSES, dtype=object))
    assert dict(zip(STATUSES, scored.tolist(), strict=True)) == {
        "departed": False,
        "paused": False,
        "inactive": False,
        "new": True,
        "active": True,
    }


@dataclass
class One:
    """The rules once more, for one entity, with plain numbers in days."""

    days: dict[str, float | None]

    def status(self, gap: float) -> str:
        d, now = self.days, float(AS_OF_DAY)
        if d["departed"] is not None and d["departed"] <= now:
            return "departed"
        since, until = d["paused_since"], d["paused_until"]
        end = math.inf if until is None else until
        if since is not None and since <= now < end:
            return "paused"
        started = [t for t in (d["registered"], d["first_activity"]) if t is not None]
        quiet_since = d["last_activity"] if d["last_activity"] is not None else d["registered"]
        if quiet_since is None:
            return "inactive"
        pause = max(0.0, min(end, now) - max(since, quiet_since)) if since is not None else 0
        if now - quiet_since - pause > gap:
            return "inactive"
        return "new" if started and now - min(started) < 30 else "active"


day = st.one_of(st.none(), st.integers(900, 1010).map(float))


@given(st.fixed_dictionaries({name[:-3]: day for name in COLUMNS}), st.sampled_from([30.0, 60.0]))
def test_the_vector_agrees_with_one_at_a_time(days: dict[str, float | None], gap: float) -> None:
    given_days = {name: value for name, value in days.items() if value is not None}
    assert status_of(gap, **given_days) == One(days).status(gap)

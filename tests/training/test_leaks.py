"""The gate: honest features pass, and planted ones are caught."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.service.logs import NOW_US, event, home_with, lesson, lessons
from tutorpulse.clock import DAY_US
from tutorpulse.errors import LeakError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service import training
from tutorpulse.service.training import check_leaks, features_of
from tutorpulse.settings import Settings
from tutorpulse.store.cut import cut_at, events_by
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training import leaks
from tutorpulse.training.labels import Rows
from tutorpulse.training.leaks import check_permutation, check_shift, shift_date
from tutorpulse.training.pool import ReadFrame
from tutorpulse.training.snapshots import Limits, Snapshots
from tutorpulse.training.split import Split

MIDDLE_US = NOW_US - 100 * DAY_US


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    late = event("session_completed", 120, 50, session_id="late", tutor_id="t1", student_id="s1", rating=1)
    open_end = lesson(100, "t2", "s2", rating=5)
    home: Home = home_with(tmp_path_factory.mktemp("log"), [*lessons(8, 200), late, open_end])
    with EventStore.open(home) as opened:
        yield opened


def honest(log: EventStore) -> ReadFrame:
    return features_of(log, Settings()).compute


def planted(log: EventStore) -> ReadFrame:
    """The second column counts all sessions that the log holds, whenever they are."""

    def read(kind: EntityType, as_of_us: int) -> FeatureFrame:
        frame = honest(log)(kind, as_of_us)
        found = log.query(f"SELECT {kind}_id AS id, COUNT(*) AS n FROM settled_sessions GROUP BY 1")
        counts = dict(zip(found["id"].tolist(), found["n"].tolist(), strict=True))
        features = frame.features.copy()
        features[:, 1] = [counts[i] for i in frame.entity_ids.tolist()]
        return replace(frame, features=features)

    return read


@pytest.mark.parametrize("kind", ["tutor", "student"])
def test_every_feature_of_the_catalog_passes_the_shift_test(store: EventStore, kind: EntityType) -> None:
    names = features_of(store, Settings()).names[kind]
    for days in (30, 100, 119):
        check_shift(store, honest, kind, names, NOW_US - days * DAY_US)


def test_a_feature_that_carries_the_future_is_caught_by_name(store: EventStore) -> None:
    names = features_of(store, Settings()).names["tutor"]
    with pytest.raises(
        LeakError, match=r"the feature sessions_taught_14d carries the future. As of 2024-06-26"
    ):
        check_shift(store, planted, "tutor", names, MIDDLE_US)


@pytest.mark.parametrize(("share", "caught"), [(1e-9, False), (1e-3, True)])
def test_a_difference_of_rounding_is_not_the_future(store: EventStore, share: float, caught: bool) -> None:
    def nudged(log: EventStore) -> ReadFrame:
        def read(kind: EntityType, as_of_us: int) -> FeatureFrame:
            frame = honest(log)(kind, as_of_us)
            features = frame.features.astype(np.float64)
            largest = np.abs(features[:, 1]).max()
            assert largest > 0
            features[0, 1] += share * largest * len(log)
            return replace(frame, features=features)

        return read

    names = features_of(store, Settings()).names["tutor"]
    if caught:
        with pytest.raises(LeakError, match="carries the future"):
            check_shift(store, nudged, "tutor", names, MIDDLE_US)
    else:
        check_shift(store, nudged, "tutor", names, MIDDLE_US)


def test_training_stops_at_it(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    check_leaks(store, Settings(), ("tutor", "student"), NOW_US, Limits())

    def leaking(log: EventStore, settings: Settings) -> training.Features:
        return replace(features_of(log, settings), compute=planted(log))

    monkeypatch.setattr(training, "features_of", leaking)
    with pytest.raises(LeakError, match="carries the future"):
        check_leaks(store, Settings(), ("tutor",), NOW_US, Limits())


def test_a_cut_log_holds_what_had_happened_and_been_received(store: EventStore) -> None:
    at_us = NOW_US - 100 * DAY_US
    with cut_at(store, at_us) as cut:
        assert len(cut) == events_by(store, at_us) < len(store)
        assert cut.newest_us() <= at_us  # type: ignore[operator]
        found = cut.query("SELECT session_id FROM settled_sessions")["session_id"].tolist()
        assert "late" not in found
    with cut_at(store, NOW_US - 40 * DAY_US) as cut:
        assert "late" in cut.query("SELECT session_id FROM settled_sessions")["session_id"].tolist()
    with cut_at(store, 0) as cut:
        assert len(cut) == 0


def test_the_newest_date_of_a_log_that_is_small_enough_is_tested(store: EventStore) -> None:
    dates_us = NOW_US - np.array([150, 100, 50, 10]) * DAY_US
    assert shift_date(store, dates_us) == dates_us[-1]
    some = events_by(store, int(dates_us[1]))
    assert shift_date(store, dates_us, some) == dates_us[1]
    assert shift_date(store, dates_us, 1) == dates_us[0]


def made(size: int = 4000) -> tuple[Snapshots, dict[str, NDArray[np.float64]]]:
    """Rows whose first feature all but tells the label."""
    rng = np.random.default_rng(2)
    label = (rng.random(size) < 0.3).astype(float)
    features = rng.normal(size=(size, 3)).astype(np.float32)
    features[:, 0] += label * 2
    moments = np.sort(rng.integers(0, 100, size)) * DAY_US
    rows = Snapshots(
        "tutor",
        Rows(np.arange(size), moments),
        features,
        np.ones(size),
        np.ones(size, bool),
        np.unique(moments),
    )
    return rows, {"inactive_14d": label}


def test_shuffled_labels_are_ranked_by_chance_however_good_the_features_are() -> None:
    rows, label = made()
    auc = check_permutation(rows, label, "inactive", ["a", "b", "c"], 1)
    assert auc == pytest.approx(0.5, abs=0.05)


def test_rows_of_the_test_within_the_fit_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, label = made()
    everything = np.ones(len(rows), bool)
    monkeypatch.setattr(leaks, "split_by_time", lambda *_: Split(everything, everything, 0.0))
    with pytest.raises(LeakError, match=r"shuffled labels are ranked with an AUC of 0\.[6-9]"):
        check_permutation(rows, label, "inactive", ["a", "b", "c"], 1)


def test_too_few_rows_are_not_tested() -> None:
    rows, label = made(size=50)
    assert check_permutation(rows, label, "inactive", ["a", "b", "c"], 1) is None

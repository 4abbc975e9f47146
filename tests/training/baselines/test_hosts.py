"""Both protocols on small logs; the forest in them is a stand-in."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.baselines import hosts
from tutorpulse.training.baselines.buyers import buyers_of
from tutorpulse.training.baselines.hosts import LABELS_JUDGED, host_baselines
from tutorpulse.training.hosts import HostProtocol
from tutorpulse.training.reading import read_history


def test_every_baseline_is_judged_on_the_same_rows_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "fit_forest", lambda rows, days, ended, seed: None)
    monkeypatch.setattr(hosts, "silent_for", lambda _, rows, days: rows[:, 0])
    protocol = HostProtocol(every_days=14, first_day=30, last_days=31, embargo_days=30)
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as store:
        store.append(tutor_events())
        features = features_of(store, Settings())
        told = host_baselines(store, DAYS * DAY_US, features, 1, lambda *_: None, protocol)
        history = read_history(store, "tutor", DAYS * DAY_US)
        buyers = buyers_of(history, np.arange(3), 200 * DAY_US)
    assert tuple(told.labels) == LABELS_JUDGED
    assert len(told.labels["inactive_14d"]) == 7
    assert set(told.labels["session_velocity"]) == {
        "model",
        "boosting on the 46",
        "BG/NBD",
        "multi-task network on the 46",
    }
    for beside in told.labels.values():
        assert beside["model"].ahead is None
        ours, rival = beside["model"].figure, beside["boosting on the 46"]
        assert rival.ahead is not None
        assert abs(rival.ahead.value) == pytest.approx(abs(ours.value - rival.figure.value))
    days = [
        len({us // DAY_US for us in history.activity.us[history.activity.entity == e] if us // DAY_US <= 200})
        for e in range(3)
    ]
    assert buyers.repeats.tolist() == [count - 1 for count in days]
    assert (buyers.recency <= buyers.age).all()

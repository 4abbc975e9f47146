"""The reference figures on real data, reached again."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US
from tutorpulse.errors import HistoryError
from tutorpulse.events.mapping import load_mapping
from tutorpulse.service.importing import ImportOptions, import_sources
from tutorpulse.service.sources import open_sources
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.buyers import _buyer_figures
from tutorpulse.training.hosts import HostProtocol, host_figures


@pytest.mark.slow
def test_barcelona_hosts_reach_the_reference(tmp_path: Path, shared_data: Path) -> None:
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as store:
        sources = open_sources([shared_data / "barcelona_host_reviews.parquet"], load_mapping("barcelona"))
        import_sources(store, sources, ImportOptions(2_000_000_000_000_000, "event", 24.0), lambda *_: None)
        newest_us = store.newest_us()
        assert newest_us is not None
        figures = host_figures(store, newest_us, features_of(store, Settings()), 1, lambda *_: None)
    assert (figures.all_columns["inactive_14d"].auc or 0) >= 0.77
    assert (figures.all_columns["inactive_30d"].auc or 0) >= 0.80
    assert (figures.the_46_alone["inactive_14d"].auc or 0) < (figures.all_columns["inactive_14d"].auc or 0)


def test_the_host_protocol_runs_on_any_log_of_tutors(tmp_path: Path) -> None:
    protocol = HostProtocol(every_days=14, first_day=30, last_days=31, embargo_days=30)
    with EventStore.open(Home.open(tmp_path / "home", create=True)) as store:
        store.append(tutor_events())
        features = features_of(store, Settings())
        figures = host_figures(store, DAYS * DAY_US, features, 1, lambda *_: None, protocol)
        with pytest.raises(HistoryError, match=r"it gives \d+ rows, needed are 1000. Import older events"):
            host_figures(store, 100 * DAY_US, features, 1, lambda *_: None, protocol)
        with pytest.raises(HistoryError, match="holds no tutor with a session"):
            host_figures(store, -1, features, 1, lambda *_: None, protocol)
    assert figures.test_rows < figures.rows
    assert figures.all_columns["inactive_14d"].auc is not None


def test_figures_of_buyers_by_hand() -> None:
    days, expected = np.array([0.0, 0.0, 1.0, 3.0] * 20), np.array([0.0, 1.0, 1.0, 4.0] * 20)
    figures = _buyer_figures(days, expected, -expected, 39, 1)
    assert figures.bought_again == 0.5
    assert figures.mean_absolute_error.value == pytest.approx(0.5)
    assert figures.correlation.value == pytest.approx(np.corrcoef(days, expected)[0, 1])
    assert figures.auc.value == pytest.approx(figures.auc_of_churn_risk.value)
    assert figures.auc.value == pytest.approx(0.875)

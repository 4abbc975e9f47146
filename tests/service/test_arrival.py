"""However the same events arrive, the store, the features and the predictions are the same."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.service.arrivals import (
    LINES,
    assert_same_columns,
    assert_same_features,
    assert_same_predictions,
    features,
    imported,
)
from tests.service.world import NOW_US
from tutorpulse.clock import DAY_US
from tutorpulse.events.contract import TABLES
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.model.contract import Predictor
from tutorpulse.service.importing import ImportOptions, import_files
from tutorpulse.service.root import Pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.service.training import train_home
from tutorpulse.training.snapshots import Limits

DUPLICATE_SHARE = 0.2


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pulse, Predictor]]:
    """One clean import, and the model that was trained on it."""
    folder = tmp_path_factory.mktemp("clean")
    with imported(folder, [LINES], 100_000) as pulse:
        train_home(pulse, lambda *_: None, limits=Limits(dates=8, rows=3000))
        model = open_scorer(pulse).model
        assert not np.isnan(model.predict(features(pulse, "student", NOW_US, NOW_US)).churn_risk_14d).all()
        yield pulse, model


def stored(pulse: Pulse) -> dict[str, Any]:
    """The log without its order of arrival, and the settled sessions."""
    pulse.store.settle()
    tables = {table: f"SELECT * EXCLUDE seq FROM {table} ORDER BY event_id" for table in TABLES}
    tables["sessions"] = "SELECT * FROM settled_sessions ORDER BY session_id"
    return {name: pulse.store.query(sql) for name, sql in tables.items()}


@settings(
    max_examples=5,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 10**6), files=st.integers(1, 5), batch_events=st.sampled_from([700, 3000, 100_000])
)
def test_order_batches_and_repeats_leave_the_same_store_features_and_predictions(
    clean: tuple[Pulse, Predictor], seed: int, files: int, batch_events: int
) -> None:
    expected, model = clean
    dice = random.Random(seed)
    lines = LINES + dice.sample(LINES, round(DUPLICATE_SHARE * len(LINES)))
    dice.shuffle(lines)
    as_of_us = NOW_US - dice.randrange(60) * DAY_US
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with imported(folder, [lines[i::files] for i in range(files)], batch_events) as pulse:
            again = import_files(
                pulse.store, sorted(folder.glob("*.ndjson"), reverse=True), ImportOptions(NOW_US)
            )
            assert (again.total("accepted"), len(pulse.store)) == (0, len(LINES))
            found, wanted = stored(pulse), stored(expected)
            for table in wanted:
                assert_same_columns(found[table], wanted[table])
            for kind in ENTITY_TYPES:
                for known_at_us in (as_of_us, NOW_US):
                    frame = features(pulse, kind, as_of_us, known_at_us)
                    clean_frame = features(expected, kind, as_of_us, known_at_us)
                    assert_same_features(frame, clean_frame)
                    assert_same_predictions(model.predict(frame), model.predict(clean_frame))

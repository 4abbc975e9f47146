"""However events arrive at a live service, in the end it says what one clean import and one whole refresh say."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.service.arrivals import LINES, assert_close, assert_same_features, features, imported
from tests.service.world import NOW_US
from tutorpulse.clock import HOUR_US, format_time
from tutorpulse.features.frame import ENTITY_TYPES, FeatureFrame
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.store.bodies import Body
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.state import PredictionRows

LIVE_US = NOW_US + 13 * HOUR_US
LIVE_EVENTS = 150
DUPLICATE_SHARE = 0.2


@dataclass(frozen=True, repr=False)
class Expected:
    """What a clean import of everything, refreshed once, says; and which lines arrived live in it."""

    pulse: Pulse
    history: list[bytes]
    live: list[bytes]


def received(line: bytes, us: int) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(line) | {"received_at": format_time(us)})


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Expected]:
    folder = tmp_path_factory.mktemp("expected")
    chosen = set(random.Random(5).sample(range(len(LINES)), LIVE_EVENTS))
    history = [line for i, line in enumerate(LINES) if i not in chosen]
    live = [line for i, line in enumerate(LINES) if i in chosen]
    with imported(folder, [history, [received(line, LIVE_US) for line in live]], 100_000, LIVE_US) as pulse:
        refresh(pulse, open_scorer(pulse))
        yield Expected(pulse, history, live)


@contextmanager
def live_home(folder: Path, expected: Expected) -> Iterator[tuple[Pulse, Refresher, LiveLog]]:
    """A home that knows the history and has looked at everybody, and takes events from now on."""
    with imported(folder, [expected.history], 100_000, LIVE_US) as pulse:
        refresher = Refresher(pulse)
        refresher.open()
        refresher.catch_up()
        live = LiveLog(pulse.store, refresher.announce)
        yield pulse, refresher, live
        live.close(10)
        refresher.close()


def bodies(lines: Sequence[bytes], dice: random.Random) -> Iterator[Body]:
    left = list(lines)
    while left:
        size = dice.choice([1, 5, 40])
        yield Body(b"\n".join(left[:size]), "lines", "test", LIVE_US)
        del left[:size]


def seen(refresher: Refresher, wanted: FeatureFrame) -> FeatureFrame:
    """What the service saw last of these entities."""
    frames = [refresher.lanes[wanted.entity_type].roster.seen(str(i)) for i in wanted.entity_ids]
    assert all(frame is not None and frame.as_of_us == LIVE_US for frame in frames)
    kept = [frame for frame in frames if frame is not None]
    return FeatureFrame(
        wanted.entity_type,
        LIVE_US,
        LIVE_US,
        np.concatenate([frame.entity_ids for frame in kept]),
        np.concatenate([frame.features for frame in kept]),
        np.concatenate([frame.context for frame in kept]),
        {name: np.concatenate([frame.facts[name] for frame in kept]) for name in wanted.facts},
    )


def assert_same_rows(found: PredictionRows, wanted: PredictionRows) -> None:
    assert found.entity_ids.tolist() == wanted.entity_ids.tolist()
    assert found.columns["status"].tolist() == wanted.columns["status"].tolist()
    scored = ~wanted.columns["frozen"]
    for name in NUMBERS:
        assert_close(found.columns[name][scored], wanted.columns[name][scored], name)


@settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**6))
def test_any_order_batching_and_repetition_ends_in_what_one_clean_import_says(
    expected: Expected, seed: int
) -> None:
    dice = random.Random(seed)
    lines = expected.live + dice.sample(expected.live, round(DUPLICATE_SHARE * len(expected.live)))
    dice.shuffle(lines)
    with (
        tempfile.TemporaryDirectory() as name,
        live_home(Path(name), expected) as (pulse, refresher, live),
    ):
        taken = []
        for body in bodies(lines, dice):
            taken.append(live.take(body).result(10))
            if dice.random() < 0.3:
                live.flush(10)
                refresher.lanes[dice.choice(ENTITY_TYPES)].step(hurry=True)
        live.flush(10)
        refresher.catch_up()
        assert sum(t.count("accepted") for t in taken) == LIVE_EVENTS
        for kind in ENTITY_TYPES:
            lane = refresher.lanes[kind]
            wanted = features(expected.pulse, kind, LIVE_US, LIVE_US)
            assert_same_features(seen(refresher, wanted), wanted)
            assert_same_rows(pulse.state.predictions.all(kind), expected.pulse.state.predictions.all(kind))
            assert lane.figures.scored_for_events

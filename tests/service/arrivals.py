"""A small marketplace's events, homes that they arrive in, and what is to be the same however they do."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tests.service.world import NOW_US
from tutorpulse.clock import DAY_US, FixedClock, format_time, parse_time
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.service.importing import ImportOptions, import_files
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.simulate import emit, parameters, population

DAYS = 150
LATE_SHARE = 0.2


def lines_with_late_ones() -> list[bytes]:
    """A small marketplace's events, a fifth of them received up to 40 days after they happened."""
    world = population.new_world(parameters.load(None), 10, 120, NOW_US // DAY_US - DAYS, DAYS, 7)
    dice = random.Random(3)
    events = [msgspec.json.decode(line) for day in emit.line_chunks(world, DAYS) for line in day[0]]
    for event in events:
        late_us = round(dice.uniform(0, 40) * DAY_US) if dice.random() < LATE_SHARE else 0
        event["received_at"] = format_time(min(parse_time(event["timestamp"]) + late_us, NOW_US))
    return [msgspec.json.encode(event) for event in events]


LINES = lines_with_late_ones()


@contextmanager
def imported(
    folder: Path, files: list[list[bytes]], batch_events: int, now_us: int = NOW_US
) -> Iterator[Pulse]:
    """A home into which the files were imported, at `now_us`."""
    paths = [folder / f"{number}.ndjson" for number in range(len(files))]
    for path, lines in zip(paths, files, strict=True):
        path.write_bytes(b"\n".join(lines) + b"\n")
    with open_pulse(folder / "home", create=True, clock=FixedClock(now_us)) as pulse:
        import_files(pulse.store, paths, ImportOptions(now_us, batch_events=batch_events))
        yield pulse


def assert_same_columns(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in expected:
        np.testing.assert_array_equal(np.ma.filled(found[name], -1), np.ma.filled(expected[name], -1), name)


def assert_close(found: Any, expected: Any, name: str) -> None:
    """Equal up to the order in which the engine adds numbers up."""
    np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=name)


def features(pulse: Pulse, kind: EntityType, as_of_us: int, known_at_us: int) -> FeatureFrame:
    return compute(pulse.store, kind, as_of_us, known_at_us, settings=pulse.settings)


def assert_same_features(found: FeatureFrame, expected: FeatureFrame) -> None:
    assert found.entity_ids.tolist() == expected.entity_ids.tolist()
    assert_close(found.features, expected.features, "features")
    assert_close(found.context, expected.context, "context")
    assert_same_columns(found.facts, expected.facts)


def assert_same_predictions(found: Predictions, expected: Predictions) -> None:
    for name in Predictions.__dataclass_fields__:
        value, wanted = getattr(found, name), getattr(expected, name)
        if isinstance(wanted, np.ndarray) and wanted.dtype.kind == "f":
            assert_close(value, wanted, name)
        else:
            np.testing.assert_array_equal(value, wanted, name)

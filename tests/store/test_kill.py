"""A service that is killed under load has every event that it acknowledged, once, whenever it dies."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

CHILD = """
import os, random, sys, threading
from pathlib import Path
from tests.store.batches import batch_of
from tests.store.door import body, event
from tests.store.test_log import paid
from tutorpulse.store.home import Home
from dataclasses import replace
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import DEFAULT_LIMITS
from tutorpulse.store.log import EventStore

home, life = Home.open(Path(sys.argv[1]), create=True), int(sys.argv[2])
store = EventStore.open(home, flush_ids=500)
live = LiveLog(store, limits=replace(DEFAULT_LIMITS, step_s=0.02, group_bytes=20_000))

def post(thread):
    rng = random.Random(life * 100 + thread)
    for number in range(10**9):
        ids = [f"{life}-{thread}-{number}-{i}" for i in range(rng.choice([1, 1, 5, 40]))]
        ids += [f"{rng.randrange(life + 1)}-{rng.randrange(4)}-{rng.randrange(number + 1)}-0"] * rng.randrange(3)
        bad = [{"bad": f"{life}-{thread}-{number}"}] * rng.randrange(2)
        taken = live.take(body(*[event(one) for one in ids], *bad)).result()
        said = [f"{i} {s}" for i, s in zip(ids, taken.status.tolist())] + [f"{one['bad']} 2" for one in bad]
        os.write(1, ("\\n".join(said) + "\\n").encode())

def bring_in():
    rng = random.Random(life)
    for number in range(10**9):
        ids = [f"{life}-9-{number}-{i}" for i in range(20)]
        ids += [f"{life}-{rng.randrange(4)}-{rng.randrange(number + 3)}-0" for _ in range(9)]
        receipts = store.append(batch_of([paid(one) for one in ids]))
        os.write(1, "".join(f"{i} {s}\\n" for i, s in zip(ids, receipts.status.tolist())).encode())

def settle():
    while True:
        store.settle()
        store.query("SELECT COUNT(*) FROM payment_events")

threads = [threading.Thread(target=post, args=(i,)) for i in range(4)]
threads += [threading.Thread(target=bring_in), threading.Thread(target=settle)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def acknowledged_until_killed(path: Path, life: int, moment_s: float) -> Iterator[tuple[str, int]]:
    """What one life of the service acknowledged (id and status); it is killed that long after its first answer."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(life)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    said = os.read(child.stdout.fileno(), 1 << 16)
    until = time.monotonic() + moment_s
    while time.monotonic() < until:
        said += os.read(child.stdout.fileno(), 1 << 16)
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    for line in said.decode().splitlines():
        event_id, _, status = line.partition(" ")
        yield event_id, int(status)


def live_and_die(path: Path, lives: int, seed: int) -> list[float]:
    """So many lives on one home, checked after each death. Seconds that each opening took."""
    rng = random.Random(seed)
    known: Counter[str] = Counter()
    bad: set[str] = set()
    openings: list[float] = []
    for life in range(lives):
        for event_id, status in acknowledged_until_killed(path, life, rng.uniform(0.0, 0.3)):
            if status == 2:
                bad.add(event_id)
            else:
                known[event_id] += status == 0
        began = time.monotonic()
        with EventStore.open(Home.open(path)) as store:
            openings.append(time.monotonic() - began)
            stored = Counter(store.query("SELECT event_id FROM payment_events")["event_id"].tolist())
            refused = b"".join(reject.raw for reject in store.rejects()).decode()
        assert max(stored.values()) == 1, "an event is there twice"
        assert not set(known) - set(stored), "an acknowledged event is lost"
        assert max(known.values()) == 1, "an event was accepted twice"
        assert not [one for one in bad if f'"{one}"' not in refused], "an acknowledged reject is lost"
    assert len(known) > 10 * lives
    return openings


def test_three_deaths_lose_and_double_nothing(tmp_path: Path) -> None:
    live_and_die(tmp_path / "home", 3, seed=1)


@pytest.mark.slow
def test_fifty_deaths_lose_and_double_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    openings = live_and_die(tmp_path / "home", 50, seed=2)
    record_property("most_seconds_to_open", max(openings))

"""A process that dies loses nothing that it acknowledged, and what it left half done is not seen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.store.batches import batch_of
from tests.store.test_log import paid
from tutorpulse.store import index as index_module
from tutorpulse.store.home import Home
from tutorpulse.store.index import MANIFEST_FILE
from tutorpulse.store.log import EventStore

CHILD = """
import os, sys
from pathlib import Path
from tests.store.batches import batch_of
from tests.store.test_log import paid
from tutorpulse.store import index
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

def die(*_):
    os._exit(9)

home, where = Home.open(Path(sys.argv[1]), create=True), sys.argv[2]
store = EventStore.open(home, flush_ids=100)
store.append(batch_of([paid(f"a{i}") for i in range(150)]))
if where == "log":
    store._database.insert = die
elif where == "index":
    store._index.add = die
elif where == "run":
    index._write_run = die
elif where == "manifest":
    index.write_durably = die
elif where == "old runs":
    index.IdIndex._drop_strangers = die
store.append(batch_of([paid(f"b{i}") for i in range(150)]))
die()
"""


def _die(path: Path, where: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), where],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert child.returncode == 9


@pytest.mark.parametrize("where", ["log", "index", "run", "manifest", "old runs", "after"])
def test_a_death_at_any_step_leaves_whole_batches_and_exact_duplicates(tmp_path: Path, where: str) -> None:
    path = tmp_path / "home"
    _die(path, where)
    survivors = 150 if where == "log" else 300
    with EventStore.open(Home.open(path)) as store:
        assert len(store) == survivors
        again = [paid(f"{name}{i}") for name in "ab" for i in range(150)]
        assert store.append(batch_of(again)).duplicate == survivors
        assert store.append(batch_of(again)).duplicate == 300
        assert len(store) == 300


def test_a_reader_sees_what_a_dead_writer_acknowledged(tmp_path: Path) -> None:
    _die(tmp_path / "home", "after")
    with EventStore.open(Home.open(tmp_path / "home"), read_only=True) as reader:
        assert len(reader) == 300


@pytest.mark.parametrize("damage", ["manifest", "folder", "other log"])
def test_a_lost_index_is_built_anew_from_the_log(
    home: Home, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutorpulse.store.identities._CHUNK_EVENTS", 64)
    events = [paid(f"{i}") for i in range(300)]
    with EventStore.open(home, flush_ids=100) as store:
        store.append(batch_of(events[:200]))
        store.append(batch_of(events[200:]))
    manifest = home.ids_path / MANIFEST_FILE
    match damage:
        case "manifest":
            manifest.unlink()
        case "folder":
            for path in home.ids_path.iterdir():
                path.unlink()
            home.ids_path.rmdir()
        case "other log":
            manifest.write_bytes(manifest.read_bytes().replace(b'"watermark":300', b'"watermark":250'))
    with EventStore.open(home, flush_ids=100) as store:
        assert store.append(batch_of(events)).duplicate == 300
        assert len(store._index) == 300


def test_places_freed_by_an_erasure_are_not_given_again(home: Home) -> None:
    with EventStore.open(home, flush_ids=10) as store:
        store.append(batch_of([paid("old", student_id="v"), *(paid(f"{i}") for i in range(20))]))
        store.erase("student", "u")
    with EventStore.open(home, flush_ids=10) as store:
        store.append(batch_of([paid("new", student_id="v")]))
    with EventStore.open(home, flush_ids=10) as store:
        assert store.append(batch_of([paid("new", student_id="v")])).duplicate == 1
        assert store.query("SELECT seq FROM payment_events ORDER BY seq")["seq"].tolist() == [1, 22]


def test_a_run_is_never_written_before_its_events_are_in_the_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    with EventStore.open(home, flush_ids=10) as store:
        write = index_module._write_run

        def watch(path: Path, parts: list[index_module.Digests]) -> None:
            seen.append((sum(map(len, parts)), len(store)))
            write(path, parts)

        monkeypatch.setattr(index_module, "_write_run", watch)
        for start in range(0, 60, 12):
            store.append(batch_of([paid(f"{i}") for i in range(start, start + 12)]))
    assert seen
    assert all(ids <= events for ids, events in seen)


def test_an_index_that_cannot_be_written_is_caught_up_by_the_next_append(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    events = [paid(f"{i}") for i in range(20)]
    with EventStore.open(home, flush_ids=10) as store:
        with monkeypatch.context() as patch:
            patch.setattr(index_module, "_write_run", full)
            with pytest.raises(OSError, match="No space left"):
                store.append(batch_of(events))
        assert store.append(batch_of([*events, paid("new")])).accepted == 1
        assert store.query("SELECT seq FROM payment_events ORDER BY seq")["seq"].tolist() == list(
            range(1, 22)
        )

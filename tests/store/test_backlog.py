"""What is in the journal and not in the database: by segments, in order, each there until it is done."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.batches import batch_of
from tests.store.door import body, event
from tests.store.test_log import paid
from tutorpulse.errors import HomeError
from tutorpulse.store import backlog as backlog_module
from tutorpulse.store import journal as journal_module
from tutorpulse.store.admission import Claim
from tutorpulse.store.backlog import Backlog, Segment
from tutorpulse.store.bodies import Group, decode
from tutorpulse.store.home import Home
from tutorpulse.store.journal import segments
from tutorpulse.store.log import EventStore
from tutorpulse.store.outline import Outline
from tutorpulse.store.recovery import left_behind


def group(*names: str) -> Group:
    return Group((body(*[event(name) for name in names]),), 0)


def held(store: EventStore, backlog: Backlog, some: Group, now_s: float = 0.0, whole: bool = False) -> None:
    batch = decode(some).batch
    backlog.append(some, store.claim(batch if whole else Outline.of(batch)), now_s)


def taken(backlog: Backlog) -> list[Segment]:
    found = []
    while (segment := backlog.take()) is not None:
        found.append(segment)
        backlog.done(segment)
    return found


def of_two_groups_each(store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backlog:
    """Whose segments end with their second group of one event."""
    monkeypatch.setattr(backlog_module, "SEGMENT_BYTES", 2 * len(group("a").bodies[0].raw))
    return Backlog(tmp_path / "j", store.admission)


def write_all(store: EventStore, backlog: Backlog) -> None:
    for segment in iter(backlog.take, None):
        store.write(segment.generation)
        backlog.done(segment)


def stored(store: EventStore) -> list[str]:
    """In the order in which they were written."""
    ids: list[str] = store.query("SELECT event_id FROM payment_events ORDER BY seq")["event_id"].tolist()
    return ids


def ids(claims: list[Claim]) -> list[str]:
    return [
        event_id
        for claim in claims
        for rows in claim.rows
        for event_id in rows.event_id[claim.new[rows.position]].tolist()
    ]


def test_it_counts_what_it_holds_and_since_when(store: EventStore, tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "j", store.admission)
    assert backlog.is_empty
    assert backlog.since_s is None
    first, second = group("a", "b"), group("b", "c")
    held(store, backlog, first, now_s=5.0)
    held(store, backlog, second, now_s=6.0)
    size = sum(len(one.bodies[0].raw) for one in (first, second))
    assert (backlog.events, backlog.bytes, backlog.since_s) == (3, size, 5.0)
    assert backlog.take() is None
    backlog.seal()
    assert backlog.since_s == 5.0
    segment = backlog.take()
    assert segment is not None
    assert (segment.events, segment.bytes, segment.since_s) == (3, size, 5.0)
    assert backlog.take() is segment
    assert backlog.since_s is None
    assert not backlog.is_empty
    assert (backlog.events, backlog.bytes) == (3, size)
    backlog.done(segment)
    assert (backlog.events, backlog.bytes, backlog.is_empty) == (0, 0, True)
    assert not segments(tmp_path / "j")
    backlog.seal()
    assert backlog.take() is None


def test_segments_end_at_a_size_and_come_in_order(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backlog = of_two_groups_each(store, tmp_path, monkeypatch)
    for name in "abcde":
        held(store, backlog, group(name))
    assert len(segments(tmp_path / "j")) == 3
    backlog.seal()
    assert [segment.events for segment in taken(backlog)] == [2, 2, 1]


def test_so_many_bytes_wait_with_their_rows_and_the_rest_without_until_they_are_written(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backlog = of_two_groups_each(store, tmp_path, monkeypatch)
    monkeypatch.setattr(backlog_module, "ROWS_BYTES", 3 * len(group("a").bodies[0].raw))
    for name in "abcde":
        held(store, backlog, group(name), whole=True)
    whole = written_whole(store, backlog)
    held(store, backlog, group("f"), whole=True)
    assert [*whole, *written_whole(store, backlog)] == [[True, True], [True, False], [False], [True]]
    assert stored(store) == ["a", "b", "c", "d", "e", "f"]


def written_whole(store: EventStore, backlog: Backlog) -> list[list[bool]]:
    """Of each segment's claims whether their rows were there before they were written."""
    whole = []
    backlog.seal()
    for segment in iter(backlog.take, None):
        whole.append([claim.is_whole for claim in segment.generation.claims])
        store.write(segment.generation)
        backlog.done(segment)
    return whole


@pytest.mark.parametrize("second_is_whole", [True, False])
def test_rows_that_are_not_at_hand_are_read_from_the_journal(
    store: EventStore, tmp_path: Path, second_is_whole: bool
) -> None:
    backlog = Backlog(tmp_path / "j", store.admission)
    held(store, backlog, group("a", "b"))
    held(store, backlog, group("b", "c", "c"), whole=second_is_whole)
    backlog.seal()
    (segment,) = [one for one in [backlog.take()] if one]
    with pytest.raises(TypeError, match="Load the generation first"):
        ids(segment.generation.claims)
    store.write(segment.generation)
    assert ids(segment.generation.claims) == ["a", "b", "c"]
    assert stored(store) == ["a", "b", "c"]


def test_rows_that_come_in_another_order_than_the_outline_told_are_taken_by_their_ids(
    store: EventStore, tmp_path: Path
) -> None:
    some = group("a", "b", "b", "c")
    batch = decode(some).batch
    (rows,) = batch.rows
    turned = replace(rows, **{name: getattr(rows, name)[::-1] for name in ("position", "event_id", "ts_us")})
    backlog = Backlog(tmp_path / "j", store.admission)
    held(store, backlog, group("c"))
    backlog.append(some, store.claim(Outline.of(replace(batch, rows=(turned,)))), 0.0)
    backlog.seal()
    (segment,) = [one for one in [backlog.take()] if one]
    store.write(segment.generation)
    assert ids(segment.generation.claims) == ["c", "a", "b"]


def test_a_group_that_the_disk_refused_in_between_is_not_read(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where it could not be cut off: whatever of it is in the file was never acknowledged."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    backlog = Backlog(tmp_path / "j", store.admission)
    held(store, backlog, group("a"))
    refused = store.claim(Outline.of(decode(group("refused")).batch))
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "fdatasync", full)
        patch.setattr(journal_module.os, "ftruncate", full)
        with pytest.raises(OSError, match="No space left"):
            backlog.append(group("refused"), refused, 0.0)
    store.admission.withdraw(refused)
    held(store, backlog, group("b"))
    backlog.seal()
    write_all(store, backlog)
    assert stored(store) == ["a", "b"]
    assert not segments(tmp_path / "j")


def test_a_record_that_the_disk_spoiled_is_told(store: EventStore, tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "j", store.admission)
    held(store, backlog, group("a"))
    (path,) = segments(tmp_path / "j")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    backlog.seal()
    (segment,) = [one for one in [backlog.take()] if one]
    with pytest.raises(HomeError, match=r"journal is damaged at byte 0. .* see whether the disk fails"):
        store.write(segment.generation)


def left_by_another(home: Home, *names: str) -> None:
    """A journal as a service leaves it that is killed before it writes: what these groups of one event hold."""
    with EventStore.open(home) as store:
        backlog = Backlog(home.journal_path, store.admission)
        for name in names:
            held(store, backlog, group(name))
            backlog.seal()
        backlog.close()


def test_what_another_process_left_is_known_at_once_and_written_in_turn(home: Home) -> None:
    left_by_another(home, "a", "b")
    with EventStore.open(home, recovering=False) as store:
        backlog = Backlog(home.journal_path, store.admission, left_behind(store, home.journal_path))
        assert (backlog.events, len(store)) == (2, 0)
        held(store, backlog, group("b", "c"))
        assert backlog.events == 3
        assert store.append(batch_of([paid("a"), paid("d")])).status.tolist() == [1, 0]
        backlog.seal()
        write_all(store, backlog)
        found = store.query("SELECT event_id FROM payment_events ORDER BY event_id")["event_id"]
        assert found.tolist() == ["a", "b", "c", "d"]
    assert not segments(home.journal_path)


def test_what_the_log_has_by_then_is_not_written_twice(home: Home) -> None:
    left_by_another(home, "a", "b")
    kept = [(path, path.read_bytes()) for path in segments(home.journal_path)]
    with EventStore.open(home) as store:
        assert len(store) == 2
    for path, content in kept:
        path.write_bytes(content)
    with EventStore.open(home, recovering=False) as store:
        backlog = Backlog(home.journal_path, store.admission, left_behind(store, home.journal_path))
        write_all(store, backlog)
        assert len(store) == 2


def test_what_two_segments_tell_as_new_is_written_once(home: Home) -> None:
    """As where the first could neither be synced nor cut back, and its sender sent the events again."""
    left_by_another(home, "a")
    (path,) = segments(home.journal_path)
    path.with_name(f"{int(path.stem) + 1:012d}{path.suffix}").write_bytes(path.read_bytes())
    with EventStore.open(home, recovering=False) as store:
        write_all(store, Backlog(home.journal_path, store.admission, left_behind(store, home.journal_path)))
        assert stored(store) == ["a"]
    assert not segments(home.journal_path)


def test_a_journal_of_an_older_version_is_brought_in_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = journal_module.Record
    with monkeypatch.context() as older:
        older.setattr(journal_module, "Record", lambda bodies, tolerance, _ids: real(bodies, tolerance))
        left_by_another(home, "a", "b")
    with EventStore.open(home, recovering=False) as store:
        assert left_behind(store, home.journal_path) == []
        assert len(store) == 2


def test_every_id_of_the_log_is_known_once_it_is_known_what_was_left(home: Home) -> None:
    """So the first sender waits for nobody who writes."""
    with EventStore.open(home) as store:
        store.append(batch_of([paid("a")]))
    with EventStore.open(home) as store:
        assert store.admission.claim(batch_of([paid("a")])) is None
        assert left_behind(store, home.journal_path) == []
        claim = store.admission.claim(batch_of([paid("a"), paid("b")]))
        assert claim is not None
        assert claim.new.tolist() == [False, True]
        store.admission.withdraw(claim)

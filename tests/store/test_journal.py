"""The journal gives back what was written whole, and nothing of what was not."""

import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.errors import HomeError
from tutorpulse.store.bodies import Body, Group
from tutorpulse.store.digests import Digests, digest_ids
from tutorpulse.store.home import Home
from tutorpulse.store.journal import Journal, read_ids, read_segment, segments
from tutorpulse.store.log import EventStore

BODIES = st.builds(
    Body,
    raw=st.binary(max_size=30),
    form=st.sampled_from(["json", "lines"]),
    source=st.text(max_size=4),
    received_us=st.integers(0, 1 << 62),
)
GROUPS = st.builds(
    Group, st.lists(BODIES, min_size=1, max_size=3).map(tuple), future_tolerance_us=st.integers(0, 9)
)


def new_in(group: Group) -> Digests:
    return digest_ids(np.array([body.source for body in group.bodies], object))


def pairs(digests: Digests) -> list[tuple[int, int]]:
    return list(zip(digests.hi.tolist(), digests.lo.tolist(), strict=True))


def written(folder: Path, groups: list[Group]) -> Path:
    journal = Journal(folder)
    for group in groups:
        journal.append(group, new_in(group))
    journal.close()
    (path,) = segments(folder)
    return path


def read(path: Path) -> list[Group]:
    """The groups, after making sure that their ids are told with them, and alone."""
    records = list(read_segment(path))
    groups = [Group(record.bodies, record.future_tolerance_us) for record in records]
    ids = [pair for group in groups for pair in pairs(new_in(group))]
    assert [pair for record in records for pair in pairs(record.new)] == ids
    alone = read_ids(path)
    assert alone is not None
    assert pairs(alone) == ids
    return groups


@given(groups=st.lists(GROUPS, min_size=1, max_size=4), cut=st.integers(0, 400))
def test_a_cut_segment_gives_the_groups_before_the_cut(
    groups: list[Group], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("journals") / "j", groups)
    content = path.read_bytes()
    assert read(path) == groups
    path.write_bytes(content[:cut])
    found = read(path)
    assert found == groups[: len(found)]
    if cut < len(content):
        assert len(found) < len(groups)


@given(group=GROUPS, place=st.integers(0, 1000))
def test_a_damaged_record_and_what_follows_it_are_not_read(
    group: Group, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("journals") / "j", [group, group])
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[place % half] ^= 1
    path.write_bytes(content)
    assert read(path) == []


def test_records_of_an_older_version_give_their_groups_and_no_ids(tmp_path: Path) -> None:
    group = Group((Body(b"{}", "json", "x", 1),), 7)
    payload = msgspec.msgpack.encode(group)
    path = tmp_path / "000000000001.journal"
    path.write_bytes(len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload)
    (record,) = read_segment(path)
    assert (record.bodies, record.future_tolerance_us, record.ids) == (group.bodies, 7, None)
    assert read_ids(path) is None


def test_sealed_segments_are_dropped_up_to_a_number(tmp_path: Path) -> None:
    group = Group((Body(b"{}", "json", "x", 1),), 0)
    journal = Journal(tmp_path / "j")
    numbers = []
    for _ in range(3):
        journal.append(group, new_in(group))
        numbers.append(journal.seal())
    journal.append(group, new_in(group))
    journal.drop(numbers[1])
    assert [int(path.stem) for path in segments(tmp_path / "j")] == [numbers[2], numbers[2] + 1]
    journal.close()
    again = Journal(tmp_path / "j")
    again.append(group, new_in(group))
    assert len(segments(tmp_path / "j")) == 3


def test_a_record_of_another_version_is_refused_and_kept(home: Home) -> None:
    home.journal_path.mkdir()
    payload = b"\x93\x01\x02\x03"
    head = len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little")
    path = home.journal_path / "000000000001.journal"
    path.write_bytes(head + payload)
    for _ in range(2):
        with pytest.raises(
            HomeError,
            match=r"000000000001.journal holds arrivals that this version cannot read .*Open the home with the version that wrote it",
        ):
            EventStore.open(home)
    assert path.exists()

"""The journal gives back what was written whole, and nothing of what was not."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.errors import HomeError
from tutorpulse.store.bodies import Body, Group
from tutorpulse.store.home import Home
from tutorpulse.store.journal import Journal, read_segment, segments
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


def written(folder: Path, groups: list[Group]) -> Path:
    journal = Journal(folder)
    for group in groups:
        journal.append(group)
    journal.close()
    (path,) = segments(folder)
    return path


@given(groups=st.lists(GROUPS, min_size=1, max_size=4), cut=st.integers(0, 400))
def test_a_cut_segment_gives_the_groups_before_the_cut(
    groups: list[Group], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("journals") / "j", groups)
    content = path.read_bytes()
    assert list(read_segment(path)) == groups
    path.write_bytes(content[:cut])
    found = list(read_segment(path))
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
    assert list(read_segment(path)) == []


def test_sealed_segments_are_dropped_up_to_a_number(tmp_path: Path) -> None:
    group = Group((Body(b"{}", "json", "x", 1),), 0)
    journal = Journal(tmp_path / "j")
    numbers = []
    for _ in range(3):
        journal.append(group)
        numbers.append(journal.seal())
    journal.append(group)
    journal.drop(numbers[1])
    assert [int(path.stem) for path in segments(tmp_path / "j")] == [numbers[2], numbers[2] + 1]
    journal.close()
    again = Journal(tmp_path / "j")
    again.append(group)
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

"""Faults on request, in the amounts that were asked for."""

import msgspec
import pytest

from tests.simulate.worlds import FIRST_DAY, small_world
from tutorpulse.clock import DAY_US
from tutorpulse.errors import InputError
from tutorpulse.events.codec import Arrival, BatchDecoder
from tutorpulse.simulate import emit
from tutorpulse.simulate.dirt import Dirt, dirtied, parse_dirt

DAYS = 80
SHARE = 0.05


@pytest.fixture(scope="module")
def clean() -> list[str]:
    return [line for lines, _ in emit.line_chunks(small_world(days=DAYS), DAYS) for line in lines]


def dirty(dirt: Dirt) -> list[str]:
    return [
        line for lines in dirtied(emit.line_chunks(small_world(days=DAYS), DAYS), dirt, 5) for line in lines
    ]


def rejects(lines: list[str]) -> int:
    arrival = Arrival((FIRST_DAY + DAYS + 60) * DAY_US, "test", replayed=True, received_when_happened=True)
    decoder = BatchDecoder(arrival)
    decoder.add_lines(("\n".join(lines) + "\n").encode(), 1)
    return len(decoder.finish().rejects)


def test_no_dirt_changes_nothing(clean: list[str]) -> None:
    assert dirty(Dirt()) == clean


def test_the_same_seed_gives_the_same_dirt() -> None:
    assert dirty(parse_dirt("0.1")) == dirty(parse_dirt("0.1"))


def test_duplicates_come_again_later(clean: list[str]) -> None:
    lines = dirty(Dirt(duplicate=SHARE))
    assert len(lines) / len(clean) - 1 == pytest.approx(SHARE, rel=0.15)
    assert set(lines) == set(clean)


def test_events_out_of_order_are_all_there(clean: list[str]) -> None:
    lines = dirty(Dirt(disorder=SHARE))
    assert sorted(lines) == sorted(clean)
    assert lines != clean


def test_late_events_say_when_they_were_received(clean: list[str]) -> None:
    late = [line for line in dirty(Dirt(late=SHARE)) if "received_at" in line]
    assert len(late) / len(clean) == pytest.approx(SHARE, rel=0.15)
    for line in late:
        event = msgspec.json.decode(line)
        assert event["received_at"] > event["timestamp"]
    assert rejects(dirty(Dirt(late=SHARE))) == 0


def test_malformed_lines_are_refused(clean: list[str]) -> None:
    assert rejects(dirty(Dirt(malformed=SHARE))) / len(clean) == pytest.approx(SHARE, rel=0.15)


def test_clocks_that_are_off_shift_times_and_some_too_far(clean: list[str]) -> None:
    lines = dirty(Dirt(clock=SHARE))
    changed = sum(a != b for a, b in zip(lines, clean, strict=True))
    assert changed / len(clean) == pytest.approx(SHARE, rel=0.15)
    assert 0 < rejects(lines) < 0.25 * changed


def test_one_share_is_spread_over_all_kinds() -> None:
    dirt = parse_dirt("0.02")
    assert dirt.total == pytest.approx(0.02)
    assert dirt.late == pytest.approx(0.004)
    assert parse_dirt("late=0.01, malformed=0.001") == Dirt(late=0.01, malformed=0.001)


@pytest.mark.parametrize("text", ["much", "lates=0.1", "late=", "late=0.7,clock=0.7", "-0.1", "nan"])
def test_a_wrong_share_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--dirt"):
        parse_dirt(text)

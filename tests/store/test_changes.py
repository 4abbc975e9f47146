"""Whether a part of the log stayed as it was, told from memory."""

from hypothesis import given
from hypothesis import strategies as st

from tests.store.batches import batch_of
from tests.store.test_log import paid
from tutorpulse.clock import DAY_US
from tutorpulse.store.changes import Changes
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

_NIGHT_US = 20_000 * DAY_US

moments = st.one_of(
    st.integers(_NIGHT_US - 3 * DAY_US, _NIGHT_US + 3 * DAY_US),
    st.integers(-3, 3).map(lambda days: _NIGHT_US + days * DAY_US),
)


@given(changes=st.lists(moments), asked=st.integers(-3, 3).map(lambda days: _NIGHT_US + days * DAY_US))
def test_the_number_of_a_midnight_is_another_after_what_was_received_by_then_and_else_the_same(
    changes: list[int], asked: int
) -> None:
    log = Changes()
    before = log.until(asked, log.moment)
    for received_us in changes:
        with log.made(received_us):
            pass
        after = log.until(asked, log.moment)
        assert after is not None
        assert (after == before) == (received_us > asked)
        before = after


def test_a_change_of_all_times_is_one_of_every_midnight() -> None:
    log = Changes()
    before = log.until(DAY_US, log.moment)
    with log.made():
        pass
    assert log.until(DAY_US, log.moment) != before


def test_nothing_is_known_of_what_changes_or_changed_since_or_was_changing_then() -> None:
    log, then = Changes(), 0
    with log.made(_NIGHT_US):
        begun = log.moment
        assert log.until(_NIGHT_US, log.moment) is None
        assert log.until(_NIGHT_US - DAY_US, log.moment) is not None
    assert [log.until(_NIGHT_US, moment) for moment in (then, begun)] == [None, None]
    assert log.until(_NIGHT_US, log.moment) is not None


def test_what_could_not_be_written_counts_as_a_change() -> None:
    log = Changes()
    before = log.until(_NIGHT_US, log.moment)
    try:
        with log.made(_NIGHT_US):
            raise OSError("the disk is full")
    except OSError:
        assert log.until(_NIGHT_US, log.moment) not in {None, before}


def test_a_store_tells_in_a_snapshot_whether_its_past_stayed(home: Home) -> None:
    with EventStore.open(home) as store:

        def number() -> int | None:
            with store.snapshot():
                return store.changes_until(_NIGHT_US)

        assert store.changes_until(_NIGHT_US) is None
        first = number()
        store.append(batch_of([paid("later", _NIGHT_US + 1)]))
        assert number() == first
        store.append(batch_of([paid("earlier", _NIGHT_US)]))
        second = number()
        assert second not in {None, first}
        store.erase("student", "u")
        assert number() not in {None, first, second}


def test_a_snapshot_that_began_before_a_change_knows_nothing_of_it(home: Home) -> None:
    with EventStore.open(home) as store, store.snapshot():
        with store._changes.made(_NIGHT_US):
            assert store.changes_until(_NIGHT_US) is None
        assert store.changes_until(_NIGHT_US) is None
        assert store.changes_until(_NIGHT_US - DAY_US) is not None

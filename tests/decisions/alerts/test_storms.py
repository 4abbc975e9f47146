"""How what waits becomes messages: never more than allowed, and nothing is left out."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import MINUTE_US, SECOND_US
from tutorpulse.decisions.alerts.retries import LONGEST_US, next_try_us
from tutorpulse.decisions.alerts.storms import Limits, Made, batches, bundles

LIMITS = Limits(messages_max=4, window_us=15 * MINUTE_US, gather_us=30 * SECOND_US)


def test_few_are_told_one_by_one() -> None:
    assert bundles(["a", "b", "c"], 0, [], LIMITS, 0) == [
        ("single", ["a"]),
        ("single", ["b"]),
        ("single", ["c"]),
    ]


def test_many_wait_for_more_of_the_storm_and_become_one_digest() -> None:
    storm = list(range(10_000))
    assert bundles(storm, 0, [], LIMITS, LIMITS.gather_us - 1) == []
    assert bundles(storm, 0, [], LIMITS, LIMITS.gather_us) == [("digest", storm)]


def test_after_a_digest_the_next_message_comes_when_the_window_is_over() -> None:
    made = [Made(0, "digest")]
    assert bundles(["a"], 0, made, LIMITS, LIMITS.window_us - 1) == []
    assert bundles(["a"], 0, made, LIMITS, LIMITS.window_us) == [("single", ["a"])]


def test_what_comes_when_the_singles_are_used_up_is_told_in_the_last_message() -> None:
    made = [Made(0, "single")] * 3
    assert bundles(["a", "b"], 0, made, LIMITS, LIMITS.gather_us) == [("digest", ["a", "b"])]


def test_machines_get_all_in_parts_of_a_size() -> None:
    assert batches(list(range(5)), 2) == [("batch", [0, 1]), ("batch", [2, 3]), ("batch", [4])]


@given(
    arrivals=st.lists(st.tuples(st.integers(0, 600), st.integers(1, 8)), max_size=40),
    messages_max=st.integers(2, 6),
    gather_s=st.integers(0, 120),
)
def test_no_window_has_more_messages_than_allowed_and_each_thing_is_told_once(
    arrivals: list[tuple[int, int]], messages_max: int, gather_s: int
) -> None:
    limits = Limits(messages_max, 15 * MINUTE_US, gather_s * SECOND_US)
    waiting: list[tuple[int, int]] = []
    made: list[Made] = []
    born: dict[int, int] = {}
    told: Counter[tuple[int, int]] = Counter()
    now_us = 0
    for number, (pause_s, count) in enumerate([*arrivals, *[(300, 0)] * 12]):
        now_us += pause_s * SECOND_US
        waiting += [(number, i) for i in range(count)]
        born[number] = now_us
        oldest_us = min((born[item[0]] for item in waiting), default=now_us)
        for form, items in bundles(waiting, oldest_us, made, limits, now_us):
            made.append(Made(now_us, form))
            told.update(items)
        waiting = [item for item in waiting if item not in told]
    assert not waiting
    assert set(told.values()) <= {1}
    assert sum(told.values()) == sum(count for _, count in arrivals)
    for message in made:
        window = [m for m in made if message.made_us - limits.window_us < m.made_us <= message.made_us]
        assert len(window) <= messages_max
        assert sum(m.form == "digest" for m in window) <= 1


def test_waits_double_up_to_an_hour_and_a_receiver_may_ask_for_longer() -> None:
    assert [next_try_us(n, 0) // SECOND_US for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert next_try_us(50, 0) == next_try_us(1, 0, 10**9) == LONGEST_US
    assert next_try_us(1, 7, 60.0) == 7 + MINUTE_US
    assert next_try_us(4, 0, 1.0) == 16 * SECOND_US

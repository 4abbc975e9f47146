"""Lists, moves, subjects and the feed of insights: what the API reads of the state."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.test_state import insight, rows
from tutorpulse.store.state import State
from tutorpulse.store.state.feed import InsightCount, Wanted
from tutorpulse.store.state.listing import Bound, Selection
from tutorpulse.store.state.moves import MoveRow
from tutorpulse.store.state.overrides import OverrideRow


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def ids(state: State, selection: Selection) -> list[str]:
    return [line["entity_id"] for line in state.listing.page(selection)]


RISKS = st.lists(st.none() | st.sampled_from([0.0, 0.1, 0.5, 1.0]), max_size=12)


@given(risks=RISKS, limit=st.integers(1, 5), descending=st.booleans())
def test_pages_together_are_the_whole_order_with_what_is_unknown_last(
    tmp_path_factory: pytest.TempPathFactory, risks: list[float | None], limit: int, descending: bool
) -> None:
    state = State(tmp_path_factory.mktemp("listing") / "state.sqlite")
    names = [f"t{i:02d}" for i in range(len(risks))]
    made = rows(names)
    made.columns["churn_risk_14d"] = np.array([np.nan if r is None else r for r in risks])
    state.predictions.write(made)
    seen: list[str] = []
    after = None
    while page := state.listing.page(
        Selection("tutor", order="churn_risk_14d", descending=descending, after=after, limit=limit)
    ):
        seen += [line["entity_id"] for line in page]
        after = (page[-1]["churn_risk_14d"], page[-1]["entity_id"])
    state.close()
    sign = -1 if descending else 1
    known = sorted((sign * r, n) for r, n in zip(risks, names, strict=True) if r is not None)
    assert seen == [n for _, n in known] + [n for r, n in zip(risks, names, strict=True) if r is None]


def test_every_filter_narrows_the_list(state: State) -> None:
    state.predictions.write(rows(["a"], segment="star", status="active", churn_risk_14d=0.1))
    state.predictions.write(rows(["b"], segment="star", status="new", churn_risk_14d=0.6))
    state.predictions.write(rows(["c"], segment="churning", status="active", churn_risk_14d=0.9))
    state.predictions.write(rows(["d"], segment="star", status="inactive", frozen=True))
    state.predictions.write(rows(["e"], entity_type="student", segment="star"))
    state.subjects.replace("tutor", [("a", "maths"), ("c", "maths"), ("c", "physics")])
    assert ids(state, Selection("tutor")) == ["a", "b", "c", "d"]
    assert ids(state, Selection("tutor", segments=("star", "churning"))) == ["a", "b", "c"]
    assert ids(state, Selection("tutor", statuses=("new", "inactive"))) == ["b", "d"]
    assert ids(state, Selection("tutor", subject="maths", segments=("star",))) == ["a"]
    assert ids(state, Selection("tutor", bounds=(Bound("churn_risk_14d", 0.55, 0.9),))) == ["b", "c"]
    assert state.listing.counts("tutor") == [
        ("active", "churning", 1),
        ("active", "star", 1),
        ("inactive", None, 1),
        ("new", "star", 1),
    ]


def test_a_segment_set_by_hand_is_shown_found_counted_and_sorted_by(state: State) -> None:
    state.predictions.write(rows(["a"], segment="healthy", churn_risk_14d=0.1))
    state.predictions.write(rows(["b"], segment="star", churn_risk_14d=0.2))
    as_of_us = int(state.predictions.of("tutor", ["a"]).columns["as_of_us"][0])
    state.overrides.set(OverrideRow("o", "tutor", "a", "churning", "ann", "why", as_of_us, as_of_us + 1))
    by_risk = state.listing.page(Selection("tutor", order="churn_risk_14d"))
    assert [(line["entity_id"], line["segment"], line["model_segment"]) for line in by_risk] == [
        ("a", "churning", "healthy"),
        ("b", "star", None),
    ]
    churning, healthy = (Selection("tutor", segments=(name,)) for name in ("churning", "healthy"))
    assert (ids(state, churning), state.listing.total(churning)) == (["a"], 1)
    assert (ids(state, healthy), state.listing.total(healthy)) == ([], 0)
    ranked = ("churning", "star", "healthy")
    assert ids(state, Selection("tutor", order="segment", segments_in_order=ranked, limit=1)) == ["a"]


def test_subjects_are_replaced_as_a_whole(state: State) -> None:
    state.subjects.replace("tutor", [("a", "maths"), ("b", "maths")])
    state.subjects.replace("student", [("s", "maths")])
    state.subjects.replace("tutor", [("b", "maths"), ("b", "art")])
    assert state.subjects.counts("tutor") == {"art": 1, "maths": 1}
    assert state.subjects.counts("student") == {"maths": 1}


def test_moves_are_read_in_order_of_writing(state: State) -> None:
    first = MoveRow("tutor", "a", 5, "healthy", "star", "active")
    second = MoveRow("student", "b", 7, None, "at_risk", "new")
    third = MoveRow("tutor", "a", 9, "star", None, "inactive")
    state.moves.add([first, second])
    state.moves.add([third])
    assert state.moves.since(0, None, None, 0, 10) == [(1, first), (2, second), (3, third)]
    assert state.moves.since(6, None, None, 0, 10) == [(2, second), (3, third)]
    assert state.moves.since(0, "tutor", "star", 1, 10) == [(3, third)]
    assert state.moves.since(0, None, None, 0, 1) == [(1, first)]


def test_insights_are_followed_in_order_of_writing_whatever_their_time(state: State) -> None:
    state.insights.add([insight("late", timestamp_us=9)])
    state.insights.add([insight("early", timestamp_us=3)])
    assert [i.alert_id for _, i in state.feed.after(0, 10)] == ["late", "early"]
    assert [(n, i.alert_id) for n, i in state.feed.after(1, 10)] == [(2, "early")]
    assert [i.alert_id for _, i in state.feed.newest(Wanted(), None, 10)] == ["early", "late"]
    assert [i.alert_id for _, i in state.feed.newest(Wanted(), 2, 10)] == ["late"]
    assert [i.alert_id for _, i in state.feed.newest(Wanted(since_us=4), None, 10)] == ["late"]
    assert state.feed.newest(Wanted(entity_type="student"), None, 10) == []


def test_an_insight_written_again_has_a_new_number_and_an_erased_ones_is_not_given_again(
    state: State,
) -> None:
    state.insights.add([insight("a"), insight("b", "t2")])
    state.insights.add([insight("a")])
    assert state.feed.number_of("a") == state.feed.last_number() == 3
    assert [found.alert_id for _, found in state.feed.after(0, 10)] == ["b", "a"]
    state.erase("tutor", "t1")
    assert state.feed.number_of("a") is None
    state.insights.add([insight("c")])
    assert state.feed.number_of("c") == 4


def test_of_two_insights_of_one_id_the_last_stays(state: State) -> None:
    state.insights.add([insight("a", timestamp_us=1), insight("a", timestamp_us=2)])
    assert state.feed.one("a") == insight("a", timestamp_us=2)
    assert state.feed.last_number() == state.feed.number_of("a") == 1


def test_insights_are_counted_by_kind_and_type(state: State) -> None:
    state.insights.add([insight("a"), insight("b", "t2"), insight("c", timestamp_us=1)])
    assert state.feed.counts(Wanted(since_us=2), 31.0) == [
        InsightCount("tutor", "churn_risk", 2, 2, 62.0, 31.0)
    ]
    assert state.feed.counts(Wanted(prediction_type="session_quality"), 80.0) == []


def test_one_insight_is_found_by_its_id(state: State) -> None:
    state.insights.add([insight("a")])
    assert state.feed.one("a") == insight("a")
    assert state.feed.one("b") is None

"""Rows that are kept elsewhere come back with the numbers that they have there."""

from contextlib import closing
from pathlib import Path

from tutorpulse.store.state import InsightRow, State
from tutorpulse.store.state.feed import Wanted


def test_insights_get_their_own_numbers_though_they_come_in_another_order(tmp_path: Path) -> None:
    with closing(State(tmp_path / "state.sqlite")) as state:
        for name in ("b", "a", "c"):
            state.insights.add([InsightRow(name, "tutor", "t", 1, "churn_risk", 50.0, "", "[]", "m", "low")])
        state.copies.number_insights({"a": 1, "b": 2, "c": 3})
        assert [(n, row.alert_id) for n, row in state.feed.newest(Wanted(), None, 9)] == [
            (3, "c"),
            (2, "b"),
            (1, "a"),
        ]

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tutorpulse.errors import HomeBusyError, HomeError, HomeVersionError, InputError
from tutorpulse.model.contract import OUTPUTS
from tutorpulse.store.state import (
    InsightRow,
    LevelRow,
    PredictionRows,
    RecommendationRow,
    Run,
    State,
)
from tutorpulse.store.state import connection as connections
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.alerts import AlertRow, ChangeRow
from tutorpulse.store.state.alerts_schema import ALERT_TABLES
from tutorpulse.store.state.entity_states import EntityStateRow
from tutorpulse.store.state.feedback import FeedbackRow
from tutorpulse.store.state.holdouts import HoldoutRow
from tutorpulse.store.state.moves import MoveRow
from tutorpulse.store.state.outbox import NoticeRow
from tutorpulse.store.state.overrides import OverrideRow
from tutorpulse.store.state.reviews import ReviewRow
from tutorpulse.store.state.schema import ENTITY_TABLES, PREDICTION_COLUMNS, STEPS
from tutorpulse.store.state.silences import SilenceRow
from tutorpulse.store.state.tasks import TaskSelection
from tutorpulse.store.state.worklist_schema import WORKLIST_TABLES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    opened = State(path)
    yield opened
    opened.close()


def rows(
    ids: list[str], entity_type: str = "tutor", as_of_us: float = 7, **changed: object
) -> PredictionRows:
    n = len(ids)
    kinds = {"text": ("x", object), "real": (0.5, float), "time": (as_of_us, float), "flag": (False, bool)}
    columns = {
        name: np.full(n, changed.get(name, kinds[kind][0]), dtype=kinds[kind][1])
        for name, kind in PREDICTION_COLUMNS.items()
    }
    return PredictionRows(entity_type, np.array(ids, dtype=object), columns)


def advice(recommendation_id: str, entity_id: str = "t1", **changed: object) -> RecommendationRow:
    fields = {"rule": "r", "value": 1.0, "action": "act", "opened_us": 5, "facts": "[]"} | changed
    return RecommendationRow(recommendation_id, "tutor", entity_id, **fields)  # type: ignore[arg-type]


def insight(alert_id: str, entity_id: str = "t1", timestamp_us: int = 5) -> InsightRow:
    return InsightRow(alert_id, "tutor", entity_id, timestamp_us, "churn_risk", 31.0, "why", "[]", "m", "low")


def alert_row(alert_id: str, entity_id: str = "t1", **changed: object) -> AlertRow:
    fields: dict[str, object] = {
        "rule": "r",
        "team": "tutor",
        "title": "Title",
        "severity": "warning",
        "state": "open",
        "value": 0.7,
        "why": f"because of {entity_id}",
        "actions": "[]",
        "since_us": 5,
        "opened_us": 5,
        "changed_us": 5,
        "peak": "warning",
        "told_us": 5,
    }
    return AlertRow(alert_id, "tutor", entity_id, **(fields | changed))  # type: ignore[arg-type]


def test_every_output_of_a_model_has_a_column() -> None:
    assert set(OUTPUTS) < set(PREDICTION_COLUMNS)


def test_predictions_come_back_as_they_were(state: State) -> None:
    written = rows(["b", "a"])
    written.columns["churn_risk_14d"][:] = [0.25, np.nan]
    written.columns["segment"][:] = ["star", None]
    written.columns["as_of_us"][:] = [1_700_000_000_000_001, np.nan]
    written.columns["frozen"][:] = [True, False]
    state.predictions.write(written)
    found = state.predictions.all("tutor")
    assert found.entity_ids.tolist() == ["a", "b"]
    for name, column in written.columns.items():
        np.testing.assert_array_equal(found.columns[name], column[::-1], err_msg=name)
        assert found.columns[name].dtype == column.dtype


@pytest.mark.parametrize("asked", [None, ["t1", "t2"]])
def test_what_stands_is_told_of_live_alerts_alone(state: State, asked: list[str] | None) -> None:
    over = alert_row("a", "t1", state="resolved", resolved_us=6)
    state.alerts.write([over, alert_row("b", "t1", value=0.8), alert_row("c", "t2", rule="q")], [])
    assert state.alerts.standing("tutor", asked) == {
        "r": {"t1": ("warning", 0.8)},
        "q": {"t2": ("warning", 0.7)},
    }
    assert state.alerts.standing("student", asked) == {}


def test_kinds_do_not_mix(state: State) -> None:
    state.predictions.write(rows(["x"], "tutor", segment="star"))
    state.predictions.write(rows(["x"], "student", segment="thriving"))
    assert state.predictions.get("tutor", "x").columns["segment"].tolist() == ["star"]
    assert state.predictions.get("student", "x").columns["segment"].tolist() == ["thriving"]


def test_the_unknown_is_no_row(state: State) -> None:
    assert len(state.predictions.get("tutor", "nobody")) == 0
    assert len(state.predictions.all("student")) == 0


def test_a_current_prediction_is_replaced_and_one_of_record_is_kept(state: State) -> None:
    for as_of_us in (7, 8):
        state.predictions.write(rows(["x"], as_of_us=as_of_us))
        state.predictions.record(rows(["x"], as_of_us=as_of_us))
    assert state.predictions.all("tutor").columns["as_of_us"].tolist() == [8]
    assert state.predictions.history("tutor", "x").columns["as_of_us"].tolist() == [7, 8]


def test_the_newest_of_record_in_an_interval_open_below(state: State) -> None:
    for as_of_us in (1, 5, 9):
        state.predictions.record(rows(["x"], as_of_us=as_of_us))
    found = [
        state.predictions.recorded_between("tutor", ["x", "nobody"], after, until)
        .columns["as_of_us"]
        .tolist()
        for after, until in [(0, 9), (0, 8), (5, 8), (4, 5)]
    ]
    assert found == [[9], [5], [], [5]]


def test_a_recommendation_stays_open_until_somebody_marks_it(state: State) -> None:
    state.recommendations.add([advice("r1")])
    assert state.recommendations.of_entity("tutor", "t1")[0].state == "open"
    marked = state.recommendations.decide("r1", "done", 99, "ann", "called")
    assert state.recommendations.of_entity("tutor", "t1") == [marked]
    assert (marked.state, marked.decided_us, marked.decided_by, marked.note) == ("done", 99, "ann", "called")


def test_adding_it_again_keeps_the_mark(state: State) -> None:
    state.recommendations.add([advice("r1")])
    state.recommendations.decide("r1", "dismissed", 99, None, None)
    state.recommendations.add([advice("r1")])
    assert state.recommendations.of_entity("tutor", "t1")[0].state == "dismissed"


def test_marking_ends_no_episode_and_an_ended_one_runs_no_more(state: State) -> None:
    state.recommendations.add([advice("r1"), advice("r2", "t2")])
    state.recommendations.decide("r1", "done", 99, None, None)
    assert state.recommendations.running("tutor") == [("t1", "r"), ("t2", "r")]
    state.recommendations.end("tutor", [("t1", "r")], 100)
    assert state.recommendations.running("tutor") == [("t2", "r")]
    assert state.recommendations.of_entity("tutor", "t1")[0].ended_us == 100
    state.recommendations.add([advice("r3")])
    assert len(state.recommendations.of_entity("tutor", "t1")) == 2


@pytest.mark.parametrize(
    ("identifier", "mark", "message"),
    [
        ("nope", "done", "No recommendation has the id 'nope'. `tutorpulse show ID`"),
        ("r1", "maybe", "marked done or dismissed, not 'maybe'"),
    ],
)
def test_a_wrong_mark_is_refused(state: State, identifier: str, mark: str, message: str) -> None:
    state.recommendations.add([advice("r1")])
    with pytest.raises(InputError, match=message):
        state.recommendations.decide(identifier, mark, 1, None, None)


def test_insights_newest_first_and_no_more_than_asked(state: State) -> None:
    state.insights.add([insight("a", timestamp_us=1), insight("b", timestamp_us=3), insight("c", "t2", 2)])
    assert [i.alert_id for i in state.insights.of_entity("tutor", "t1", 10)] == ["b", "a"]
    assert [i.alert_id for i in state.insights.of_entity("tutor", "t1", 1)] == ["b"]
    assert [i.alert_id for i in state.insights.since(2)] == ["c", "b"]


def test_levels_are_the_last_ones_set(state: State) -> None:
    state.insights.set_levels([LevelRow("tutor", "t1", "churn_risk", 31.0, True)])
    state.insights.set_levels([LevelRow("tutor", "t1", "churn_risk", 31.0, False)])
    assert state.insights.levels("tutor", "churn_risk") == {"t1": (31.0, False)}
    assert state.insights.levels("student", "churn_risk") == {}


def test_the_last_run_is_the_newest_by_as_of(state: State) -> None:
    assert state.runs.last() is None
    newest = Run(9, "m2", "{}", "{}", "[]")
    for run in (newest, Run(5, "m1", "{}", "{}", "[]")):
        state.runs.add(run)
    assert state.runs.last() == newest


def fill(state: State, entity_id: str) -> None:
    state.predictions.write(rows([entity_id]))
    state.predictions.record(rows([entity_id]))
    state.recommendations.add([advice(f"r-{entity_id}", entity_id)])
    state.insights.add([insight(f"i-{entity_id}", entity_id)])
    state.insights.set_levels([LevelRow("tutor", entity_id, "churn_risk", 31.0, True)])
    state.track.settle("tutor", "m", "health", 9, [(entity_id, 7, 1.0)])
    state.predictions.keep_shadow(rows([entity_id]))
    state.shadow.settle("tutor", "m", "health", 9, [(entity_id, 7, 1.0)])
    state.moves.add([MoveRow("tutor", entity_id, 5, "healthy", "star", "active")])
    alert = alert_row(f"a-{entity_id}", entity_id)
    state.alerts.write([alert], [ChangeRow(alert.alert_id, "tutor", entity_id, 5, "opened", "warning")])
    state.outbox.tell(
        [NoticeRow(alert.alert_id, "tutor", entity_id, "opened", "r", "t", "warning", 5, entity_id)]
    )
    state.silences.add(SilenceRow(f"s-{entity_id}", 1, 2, None, "tutor", entity_id, "why", "eva", 1))
    state.actions.add(ActionRow("tutor", entity_id, 5, "ann", "noted", "r"))
    state.holdouts.add([HoldoutRow("r", "", "tutor", entity_id, 5, "hold", 0.2, 0.7, 50.0, None)])
    state.overrides.set(OverrideRow(f"o-{entity_id}", "tutor", entity_id, "star", "ann", "why", 5, 9))
    state.entity_states.set(EntityStateRow(f"p-{entity_id}", "tutor", entity_id, "paused", "ann", None, 5))
    given = ("segment", "wrong", None, "ann", 5, "star", None, 5, "m")
    state.feedback.add(FeedbackRow(f"f-{entity_id}", "tutor", entity_id, *given))
    state.reviews.add(ReviewRow(f"v-{entity_id}", "tutor", entity_id, 5, "ann", "why"))


def test_erasing_reaches_every_table_and_nobody_else(state: State, path: Path) -> None:
    fill(state, "erase-me")
    fill(state, "keep-me")
    state.subjects.replace("tutor", [("erase-me", "maths"), ("keep-me", "maths")])
    state.worths.replace_stakes("tutor", "margin", {"erase-me": 1.0, "keep-me": 2.0})
    assert state.erase("tutor", "erase-me") == len(ENTITY_TABLES)
    state.close()
    dump = "\n".join(sqlite3.connect(path).iterdump())
    assert dump.count("erase-me") == 0
    assert dump.count("keep-me") >= len(ENTITY_TABLES)
    assert all(b"erase-me" not in file.read_bytes() for file in path.parent.iterdir())


def test_who_is_erased_is_in_no_file_though_another_connection_moves_pages_all_the_while(
    state: State, path: Path
) -> None:
    stop, moved = threading.Event(), list[bool]()

    def move() -> None:
        with closing(State(path, durable=False)) as other:
            while not stop.is_set():
                moved.append(other.move_pages())

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for n in range(20):
            state.predictions.write(rows([f"erase-me-{n}", "keep-me"]))
            assert state.erase("tutor", f"erase-me-{n}") == 1
            assert all(b"erase-me" not in file.read_bytes() for file in path.parent.iterdir())
    finally:
        stop.set()
        mover.join()
    assert moved


def test_erasable_tables_are_all_that_name_an_entity(state: State, path: Path) -> None:
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    naming = {
        t for t in tables if "entity_id" in {c[1] for c in connection.execute(f"PRAGMA table_info({t})")}
    }
    assert naming == set(ENTITY_TABLES)


def test_all_or_nothing(state: State) -> None:
    def write_and_fail() -> None:
        with state.transaction():
            state.predictions.write(rows(["x"]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert len(state.predictions.all("tutor")) == 0


def test_it_is_there_after_closing(state: State, path: Path) -> None:
    state.predictions.write(rows(["x"]))
    state.close()
    assert State(path).predictions.all("tutor").entity_ids.tolist() == ["x"]


def test_readers_do_not_wait_for_a_writer(state: State, path: Path) -> None:
    state.predictions.write(rows(["x"]))
    with state.transaction():
        state.predictions.write(rows(["y"]))
        assert State(path).predictions.all("tutor").entity_ids.tolist() == ["x"]


def test_a_second_writer_is_told_that_it_is_busy(
    state: State, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_BUSY_TIMEOUT_S", 0.01)
    second = State(path)
    with state.transaction():
        state.predictions.write(rows(["x"]))
        with pytest.raises(HomeBusyError, match=r"Another process writes to the state\. Try again"):
            second.predictions.write(rows(["y"]))


def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    connections.open_connection(path).close()
    steps = (*STEPS, ("ALTER TABLE runs ADD COLUMN added TEXT",))
    upgraded = connections.open_connection(path, steps)
    assert upgraded.execute("PRAGMA user_version").fetchone() == (len(steps),)
    assert "added" in {column[1] for column in upgraded.execute("PRAGMA table_info(runs)")}


def test_a_file_from_before_alerts_keeps_its_predictions_and_takes_alerts(path: Path) -> None:
    before = next(i for i, step in enumerate(STEPS) if step is ALERT_TABLES)
    connections.open_connection(path, STEPS[:before]).execute(
        "INSERT INTO segment_moves (entity_type, entity_id, moved_us, status) VALUES ('tutor', 't1', 5, 'active')"
    ).connection.close()
    state = State(path)
    assert len(state.moves.since(0, None, None, 0, 10)) == 1
    state.alerts.write([alert_row("a1")], [])
    assert [a.alert_id for a in state.alerts.live("tutor")] == ["a1"]
    state.close()


def test_predictions_of_before_there_were_intervals_have_none(path: Path) -> None:
    """The step that adds the bounds is the one that alters the table of predictions."""
    before = next(i for i, step in enumerate(STEPS) if any("session_velocity_low" in s for s in step))
    connection = connections.open_connection(path, STEPS[:before])
    connection.execute(
        "INSERT INTO predictions (entity_type, entity_id, status, from_cohort, frozen, stale, session_velocity)"
        " VALUES ('tutor', 't1', 'active', 0, 0, 0, 1.5)"
    )
    connection.close()
    opened = State(path)
    found = opened.predictions.get("tutor", "t1").columns
    assert found["session_velocity"][0] == 1.5
    assert np.isnan(found["session_velocity_low"][0])
    opened.predictions.write(rows(["t2"], session_velocity_low=0.25))
    assert opened.predictions.get("tutor", "t2").columns["session_velocity_low"][0] == 0.25
    opened.close()


def test_a_failed_step_leaves_the_version_as_it_was(path: Path) -> None:
    connections.open_connection(path).close()
    with pytest.raises(HomeError, match="nothere"):
        connections.open_connection(path, (*STEPS, ("CREATE TABLE half (x)", "DROP TABLE nothere")))
    again = connections.open_connection(path)
    assert again.execute("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (0,)


def test_a_newer_file_is_refused(path: Path) -> None:
    connections.open_connection(path, (*STEPS, ())).close()
    known = len(STEPS)
    said = rf"has version {known + 1}; this tutorpulse knows up to {known}\. Upgrade"
    with pytest.raises(HomeVersionError, match=said):
        State(path)


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_only_who_asks_for_it_writes_to_the_disk_at_once(path: Path, durable: bool, level: int) -> None:
    """Levels of SQLite: 2 is FULL, which outlives a power failure, 1 is NORMAL."""
    connection = connections.open_connection(path, durable=durable)
    assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    connection.close()


def test_a_damaged_file_is_refused(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    with pytest.raises(HomeError, match=r"Cannot read .*Move the file away and run `tutorpulse refresh`"):
        State(path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"Cannot open .*permissions"):
        State(tmp_path / "nowhere" / "state.sqlite")


def test_a_home_from_before_the_work_list_keeps_its_recommendations(path: Path) -> None:
    before = STEPS[: STEPS.index(WORKLIST_TABLES)]
    old = connections.open_connection(path, before)
    old.execute(
        "INSERT INTO recommendations (recommendation_id, entity_type, entity_id, rule, value, action, opened_us, facts, state,"
        " decided_us, decided_by) VALUES ('r1', 'tutor', 't1', 'r', 1, 'act', 5, '[]', 'done', 9, 'ann')"
    )
    old.close()
    opened = State(path)
    assert opened.recommendations.of_entity("tutor", "t1") == [
        advice("r1", state="done", decided_us=9, decided_by="ann")
    ]
    assert opened.tasks.page(TaskSelection(10, state="done"))[0].recommendation.owner is None
    opened.close()


# Pages


def test_pages_that_a_reader_still_needs_stay_in_the_log_and_move_after_it(path: Path, state: State) -> None:
    state.keys.create("one", ("read",), 1)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM keys").fetchone() == (1,)
        state.keys.create("two", ("read",), 1)
        assert not state.move_pages()
        assert reader.execute("SELECT COUNT(*) FROM keys").fetchone() == (1,)
    assert state.move_pages()


def test_whoever_leaves_pages_to_others_moves_them_late_itself(path: Path) -> None:
    with closing(connections.open_connection(path)) as moving:
        soon = moving.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
    with closing(connections.open_connection(path, leaves_pages=True)) as leaving:
        late = leaving.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
    assert (soon, late) == (connections.WAL_PAGES, 4 * connections.WAL_PAGES)


def test_rows_written_counts_those_of_triggers(state: State) -> None:
    before = state.rows_written
    state.insights.add([insight("a")])
    assert state.rows_written - before > 1

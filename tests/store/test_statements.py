"""Queries without their times: which numbers are times, and that an answer stays the same."""

import duckdb
import numpy as np

from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.statements import KEPT, Statements, without_times


def test_each_time_is_one_parameter_wherever_it_stands() -> None:
    sql = (
        "SELECT 1795648351953319 - ts_us FROM t WHERE ts_us <= 1795648351953319 AND ts_us > 1793056351953319"
    )
    assert without_times(sql) == (
        "SELECT $t0 - ts_us FROM t WHERE ts_us <= $t0 AND ts_us > $t1",
        {"t0": 1795648351953319, "t1": 1793056351953319},
    )


def test_numbers_in_texts_and_names_and_shorter_ones_stay() -> None:
    sql = (
        "SELECT 'it''s 1795648351953319', c1795648351953319, 5.642395019178382, age_us < 2592000000000 FROM t"
    )
    assert without_times(sql) == (sql, {})


def test_a_query_of_another_time_is_not_parsed_again() -> None:
    connection = duckdb.connect()
    parsed: list[str] = []

    def parse(sql: str) -> list[duckdb.Statement]:
        parsed.append(sql)
        return connection.extract_statements(sql)

    statements = Statements(parse)
    for time in (1795648351953319, 1795648351953320):
        found = connection.execute(*statements.of(f"SELECT {time} AS t, typeof({time}) AS u")).fetchall()
        assert found == connection.execute(f"SELECT {time}, typeof({time})").fetchall()
    assert len(parsed) == 1


def test_a_statement_with_parameters_is_parsed_once_and_reads_what_is_given(home: Home) -> None:
    sql = "SELECT id FROM incoming WHERE id <> 'b' AND length(id) > $least ORDER BY id"
    with EventStore.open(home) as store:
        for least, expected in ((0, ["a", "cc"]), (1, ["cc"])):
            ids = np.array(["b", "cc", "a", None], np.object_)
            found = store._database.query_again(sql, {"least": least}, {"id": ids})
            assert found["id"].tolist() == expected
        assert store._database.query_again("SELECT $n + 1 AS n", {"n": 2})["n"].tolist() == [3]


def test_rows_of_the_log_for_a_planned_query_are_asked_for_by_a_statement_kept_parsed(home: Home) -> None:
    with EventStore.open(home) as store:
        for time in (1795648351953319, 1795648351953320):
            found, rows = store.query_over("SELECT t FROM asked", {"asked": f"SELECT {time} AS t"})
            assert (found["t"].tolist(), rows) == ([time], 1)
        database = store._database
        assert "SELECT $t0 AS t" in database._statements(database.cursor())._kept


def test_the_newest_are_kept() -> None:
    connection = duckdb.connect()
    statements = Statements(connection.extract_statements)
    for number in range(KEPT + 3):
        statements.of(f"SELECT {number}")
    assert list(statements._kept) == [f"SELECT {number}" for number in range(3, KEPT + 3)]

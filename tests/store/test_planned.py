"""Queries that are planned once: the answers of each call's own rows, and which plans are kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutorpulse.store import planned
from tutorpulse.store.database import Database
from tutorpulse.store.planned import KEPT, Planned, as_table


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were planned."""
    texts: list[str] = []

    class Counted(planned._Plan):
        def __init__(self, cursor: Any, sql: str, relations: Any) -> None:
            texts.append(sql)
            super().__init__(cursor, sql, relations)

    monkeypatch.setattr(planned, "_Plan", Counted)
    return texts


def _rows(*values: int) -> dict[str, Any]:
    return {"said": as_table({"ts_us": np.array(values, np.int64)})}


def test_each_call_reads_its_own_rows(made: list[str]) -> None:
    kept = Planned({})
    for values in ((1, 2), (3,), ()):
        found = kept.query("SELECT COUNT(*) AS n, SUM(ts_us) AS total FROM said", _rows(*values))
        assert found["n"].tolist() == [len(values)]
        if values:
            assert found["total"].tolist() == [sum(values)]
    assert len(made) == 1
    kept.close()


def test_relations_of_one_name_are_each_querys_own() -> None:
    kept = Planned({})
    texts = {"said": as_table({"word": np.array(["a", None], object)})}
    for _ in range(2):
        assert kept.query("SELECT COUNT(word) AS n FROM said", texts)["n"].tolist() == [1]
        assert kept.query("SELECT MAX(ts_us) AS t FROM said", _rows(4, 5))["t"].tolist() == [5]
    kept.close()


def test_the_newest_plans_are_kept_by_each_thread(made: list[str]) -> None:
    kept = Planned({})
    queries = [f"SELECT MAX(ts_us) + {number} AS t FROM said" for number in range(KEPT + 1)]
    for query in (*queries, *queries[1:]):
        kept.query(query, _rows(1))
    assert len(made) == len(queries)
    kept.query(queries[0], _rows(1))
    assert len(made) == len(queries) + 1
    with ThreadPoolExecutor(1) as other:
        assert other.submit(kept.query, queries[0], _rows(7)).result()["t"].tolist() == [7]
    assert len(made) == len(queries) + 2
    kept.close()


def test_a_failed_query_leaves_its_plan_usable(made: list[str]) -> None:
    kept = Planned({})
    query = "SELECT CAST(word AS INTEGER) AS n FROM said"
    with pytest.raises(Exception, match="Could not convert"):
        kept.query(query, {"said": as_table({"word": np.array(["x"], object)})})
    assert kept.query(query, {"said": as_table({"word": np.array(["8"], object)})})["n"].tolist() == [8]
    kept.close()


def test_a_query_that_is_short_of_memory_spills_beside_the_logs_scratch(tmp_path: Path) -> None:
    database = Database(tmp_path / "log.db", tmp_path / "scratch", read_only=False, memory_limit_gb=0.04)
    numbered = "SELECT MAX(n) AS n FROM (SELECT ROW_NUMBER() OVER (ORDER BY text, place) AS n, place FROM said) WHERE place >= 0"
    said = {
        "place": np.arange(2_000_000, dtype=np.int64)[::-1].copy(),
        "text": np.full(2_000_000, "a text of some length, for all", object),
    }
    answer, rows = database.query_over(numbered, {"said": said})
    assert answer["n"].tolist() == [2_000_000]
    assert rows == 2_000_000
    database.close()


def test_masked_and_missing_items_are_null() -> None:
    table = as_table(
        {
            "text": np.array([None, "a"], object),
            "number": np.ma.masked_array([1, 2], [True, False]),
            "real": np.array([0.5, 1.5]),
        }
    )
    assert table.to_pydict() == {"text": [None, "a"], "number": [None, 2], "real": [0.5, 1.5]}

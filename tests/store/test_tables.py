"""CSV and Parquet as chunks of columns."""

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from tutorpulse.errors import InputError
from tutorpulse.store.tables import as_rows, check_table, read_table

PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def rows_of(path: Path, chunk_rows: int = 100) -> list[dict[str, Any]]:
    return [row for chunk in read_table(path, chunk_rows) for row in as_rows(chunk)]


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_cells_stay_text(tmp_path: Path, suffix: str, separator: str) -> None:
    lines = [["id", "paid", "note"], ["007", "12.50", '"two\nlines"'], ["8", "", "true"]]
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix]("\n".join(map(separator.join, lines)).encode()))
    assert rows_of(path) == [
        {"id": "007", "paid": "12.50", "note": "two\nlines"},
        {"id": "8", "paid": None, "note": "true"},
    ]
    assert check_table(path) == ["id", "paid", "note"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_parquet_cells_keep_their_types(tmp_path: Path, suffix: str) -> None:
    plain = tmp_path / "plain.parquet"
    duckdb.execute(
        f"""COPY (SELECT * FROM (VALUES
            (1::BIGINT, DATE '2025-06-01', TIMESTAMP '2025-06-01 10:00:00', TIMESTAMPTZ '2025-06-01 10:00:00+02',
             1.50::DECIMAL(9, 2), ['a', 'b'], true, 'x', 0.5::DOUBLE),
            (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
            t(i, d, t, z, m, l, f, s, n)) TO '{plain}'"""
    )
    path = tmp_path / f"a.parquet{suffix}"
    path.write_bytes(PACKERS[suffix](plain.read_bytes()))
    first, second = rows_of(path)
    assert first == {
        "i": 1,
        "d": datetime(2025, 6, 1),  # noqa: DTZ001  (a date has no zone)
        "t": datetime(2025, 6, 1, 10),  # noqa: DTZ001
        "z": "2025-06-01T08:00:00.000000Z",
        "m": "1.50",
        "l": ["a", "b"],
        "f": True,
        "s": "x",
        "n": 0.5,
    }
    assert set(second.values()) == {None}


@pytest.mark.parametrize("chunk_rows", [1, 3, 10, 1000])
def test_chunks_are_the_rows_in_order(tmp_path: Path, chunk_rows: int) -> None:
    path = tmp_path / "a.parquet"
    duckdb.execute(f"COPY (SELECT range AS n, 'x' || range AS s FROM range(10)) TO '{path}'")
    told: list[tuple[int, int]] = []
    chunks = list(read_table(path, chunk_rows, lambda done, total: told.append((done, total))))
    assert [row["n"] for chunk in chunks for row in as_rows(chunk)] == list(range(10))
    assert max(len(chunk["n"]) for chunk in chunks) <= chunk_rows
    assert told[-1] == (10, 10)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.parquet", b"PAR1 and no more"), ("a.parquet", b"x"), ("a.csv", b"a,b\n\xff\xff,1\n")],
)
def test_unreadable_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"cannot be read as a table: .* Was it cut short, or is it of another kind?"
    ):
        rows_of(path)


def test_truncated_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.execute(f"COPY (SELECT range AS n FROM range(100000)) TO '{path}'")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"cannot be read as a table"):
        check_table(path)


def test_damage_in_the_middle_gives_no_chunk_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 300_000 + b"\xff,2\n")
    with pytest.raises(InputError, match=r"cannot be read as a table"):
        next(read_table(path, 10))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_table_without_rows_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    duckdb.execute(f"COPY (SELECT 1 AS n WHERE false) TO '{path}' {'(HEADER)' if name == 'a.csv' else ''}")
    with pytest.raises(InputError, match=r"has no rows. Nothing can be read from it."):
        rows_of(path)

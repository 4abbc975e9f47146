"""Columns to Parquet."""

from pathlib import Path

import numpy as np
import pytest

from tutorpulse.errors import InputError
from tutorpulse.events.fields import Kind
from tutorpulse.store.export import write_parquet
from tutorpulse.store.tables import read_table

KINDS = {"name": Kind.TEXT, "moment_us": Kind.TIME, "value": Kind.NUMBER, "flag": Kind.FLAG}


def test_parts_become_one_ordered_table_with_what_they_lack_missing(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    first = {"name": np.array(["b", None], dtype=object), "moment_us": np.array([3_000_000, 1_000_000])}
    second = {"moment_us": np.array([2_000_000]), "value": np.array([1.5]), "flag": np.array([True])}
    assert write_parquet(path, KINDS, [first, second], order_by="moment_us") == 3
    (part,) = read_table(path, 10)
    assert part["name"].tolist() == [None, None, "b"]
    assert [bool(v) and float(v) == 1.5 for v in np.ma.filled(part["value"], 0.0)] == [False, True, False]
    assert [path.name for path in tmp_path.iterdir()] == ["it's.parquet"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_parquet(tmp_path / "none" / "t.parquet", KINDS, [{"moment_us": np.array([1])}])

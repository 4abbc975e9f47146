"""Text made column by column against Python's own formatting, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.simulate import cells
from tutorpulse.simulate.cells import Piece

WHOLE = st.lists(st.integers(0, 10**13), min_size=1, max_size=30)


def written(*parts: bytes | cells.Cells, count: int) -> list[str]:
    return lines([Piece(parts)], count)


def lines(pieces: list[Piece], count: int) -> list[str]:
    return cells.woven([cells.lines_table(pieces, count)], [np.arange(count)]).decode().split("\n")[:-1]


@given(WHOLE, st.integers(1, 9))
def test_whole_numbers_read_as_python_formats_them(values: list[int], least: int) -> None:
    columns = cells.whole_numbers(np.array(values), least)
    assert written(*columns, count=len(values)) == [f"{value:0{least}d}" for value in values]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_decimals_read_as_python_writes_numbers_rounded_to_two(values: list[float]) -> None:
    columns = cells.decimals(np.array(values))
    assert written(*columns, count=len(values)) == [str(value) for value in np.round(values, 2).tolist()]


@pytest.mark.parametrize("values", [np.array([3, -1, 70_000]), np.array([3.0, np.nan, 0.5])])
def test_what_is_missing_takes_its_comma_along(values: np.ndarray) -> None:
    gaps = np.array([False, True, False])
    pieces = [Piece((b"{a",)), Piece((b",", *cells.numbers(values)), gaps), Piece((b"}",))]
    found = lines(pieces, 3)
    assert found[1] == "{a}"
    assert [found[0], found[2]] == [f"{{a,{values[0]}}}", f"{{a,{values[2]}}}"]


def test_words_are_taken_by_their_numbers_whatever_their_letters() -> None:
    table = cells.column_of(["maths", "Französisch", ""])
    assert written(cells.chosen(table, np.array([1, 0, 2, 1])), count=4) == [
        "Französisch",
        "maths",
        "",
        "Französisch",
    ]


def test_texts_of_objects_stand_as_they_are() -> None:
    assert written(b"<", cells.texts(np.array(["a", "bcd"], dtype=object)), b">", count=2) == ["<a>", "<bcd>"]


def test_lines_of_several_tables_are_woven_by_their_places() -> None:
    long, short = (
        cells.lines_table([Piece((cells.column_of(words),))], len(words))
        for words in (["last", "first"], ["b"])
    )
    assert cells.woven([long, short], [np.array([2, 0]), np.array([1])]) == b"first\nb\nlast\n"


def test_no_lines_make_no_text() -> None:
    assert cells.woven([], []) == b""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.errors import InputError
from tutorpulse.service.queries import cursors


@given(st.tuples(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False) | st.none()))
def test_a_cursor_gives_back_what_it_was_made_of_in_plain_letters(position: tuple[str, float | None]) -> None:
    cursor = cursors.encode(position)
    assert cursors.decode(cursor, tuple[str, float | None]) == position  # type: ignore[arg-type]
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in cursor)


@given(st.text(max_size=40))
def test_whatever_else_is_refused_or_is_one(text: str) -> None:
    with suppress(InputError):
        assert isinstance(cursors.decode(text, int), int)


def test_an_endless_cursor_is_refused_unread() -> None:
    with pytest.raises(InputError, match="none of this list"):
        cursors.decode("MTAw" * 300, int)

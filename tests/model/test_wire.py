"""What travels to a model server and back says the same on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.model.made import frame_of
from tutorpulse.errors import InputError
from tutorpulse.features.frame import FEATURE_COUNT
from tutorpulse.model import wire
from tutorpulse.model.contract import OUTPUTS

_FLOAT32 = st.floats(width=32, allow_infinity=False)


def test_a_frame_comes_back_bit_for_bit() -> None:
    frame = frame_of(7)
    found, made_with = wire.read_frame(wire.frame_bytes(frame, "abc"))
    assert made_with == "abc"
    assert (found.entity_type, found.as_of_us, found.known_at_us) == (
        "tutor",
        frame.as_of_us,
        frame.known_at_us,
    )
    assert found.entity_ids.tolist() == frame.entity_ids.tolist()
    np.testing.assert_array_equal(found.features, frame.features)
    np.testing.assert_array_equal(found.context, frame.context)
    for name, column in frame.facts.items():
        np.testing.assert_array_equal(found.facts[name], column, name)


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.just(FEATURE_COUNT)), elements=_FLOAT32))
def test_rows_in_csv_keep_every_bit_and_what_is_missing(rows: np.ndarray) -> None:
    np.testing.assert_array_equal(wire.read_csv(wire.csv_bytes(rows)), rows)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"1,2,3\n", "Line 1 has 3 values, not 46"),
        (b",".join([b"x"] * 46), "Line 1 holds 'x', which is no number"),
    ],
)
def test_rows_that_are_no_rows_are_refused_by_line(body: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        wire.read_csv(body)


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x80", wire.frame_bytes(frame_of(3), "h")[:-9]])
def test_a_damaged_frame_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="no frame of features"):
        wire.read_frame(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"predictions": [{"first_session_success": [0.5], "session_velocity": [1], "churn_risk_14d": [0.1], '
        b'"churn_risk_30d": [0.2], "health_score": [null]}]}',
        b'{"predictions": [[0.5, 1, 0.1, 0.2, null]]}',
        b'{"predictions": [{"first_session_success": 0.5, "session_velocity": 1, "churn_risk_14d": 0.1, '
        b'"churn_risk_30d": 0.2, "health_score": null}]}',
    ],
)
def test_answers_are_read_as_lists_numbers_or_arrays(body: bytes) -> None:
    found = wire.read_contract(body, 1)
    assert [found[name][0] for name in OUTPUTS[:4]] == [0.5, 1, 0.1, 0.2]
    assert np.isnan(found["health_score"][0])


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"x", b'{"predictions": [[1]]}', b'{"predictions": [{"a": 1}]}']
)
def test_answers_of_another_shape_are_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="no predictions"):
        wire.read_contract(body, 1)


def test_an_answer_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="1 predictions came back for 2 rows"):
        wire.read_contract(b'{"predictions": [[1, 1, 0, 0, 5]]}', 2)


def test_the_header_names_the_kind_among_other_attributes() -> None:
    assert wire.read_attributes("trace=7; entity_type=student") == "student"
    assert wire.read_attributes("trace=7") is None
    with pytest.raises(InputError, match="not 'school'"):
        wire.read_attributes("entity_type=school")

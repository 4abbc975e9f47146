"""Which format a list is given in."""

import csv
import io

import msgspec
import pyarrow as pa
import pytest

from tutorpulse.api import formats
from tutorpulse.api.problems import ProblemError
from tutorpulse.service.queries.shapes import TutorItem


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", formats.JSON),
        ("*/*", formats.JSON),
        ("text/csv", formats.CSV),
        ("text/html, text/*;q=0.5, */*;q=0.1", formats.CSV),
        ("text/csv;q=0.2, application/json;q=0.9", formats.JSON),
        ("application/vnd.apache.arrow.stream", formats.ARROW),
    ],
)
def test_the_format_is_what_accept_prefers(accept: str, expected: str) -> None:
    assert formats.chosen(accept) == expected


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "application/json;q=zero"])
def test_a_format_that_there_is_not_is_refused(accept: str) -> None:
    with pytest.raises(ProblemError, match="Accept one of application/json, text/csv"):
        formats.chosen(accept)


def test_without_pyarrow_arrow_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _name: None)
    with pytest.raises(ProblemError, match=r"Arrow needs `pip install 'tutorpulse\[arrow\]'` on the server"):
        formats.chosen(formats.ARROW)


def item(entity_id: str, risk: float | None) -> TutorItem:
    numbers = dict.fromkeys(("health_score", "session_velocity", "first_session_success"), 1.5)
    beside = dict.fromkeys(("already_gone", "inactive_14d", "inactive_30d", "burnout_risk_30d"), None)
    flags = {"from_cohort": False, "frozen": True, "stale": False}
    words = {"status": "new", "segment": None, "confidence": "low", "model_version": "m", "as_of": None}
    return TutorItem(entity_id=entity_id, burnout_risk=risk, **numbers, **beside, **flags, **words)


def test_csv_has_a_header_and_leaves_the_unknown_empty() -> None:
    lines = (
        formats.encoded([item('a"b', 0.25), item("c", None)], TutorItem, formats.CSV).decode().splitlines()
    )
    assert lines[0].startswith("entity_id,entity_type,status,segment,confidence,model_version,as_of,")
    names = lines[0].split(",")
    assert lines[1].startswith('"a""b",tutor,new,,low,m,,')
    assert lines[2].split(",")[names.index("burnout_risk")] == ""
    assert lines[2].split(",")[names.index("frozen")] == "true"


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers(begins: str) -> None:
    content = formats.encoded([item(f"{begins}HYPERLINK(1)", -0.5)], TutorItem, formats.CSV).decode()
    header, row = csv.reader(io.StringIO(content, newline=""))
    assert row[0] == f"'{begins}HYPERLINK(1)"
    assert row[header.index("burnout_risk")] == "-0.5"


def test_arrow_is_typed_also_where_everything_is_unknown_or_there_is_nothing() -> None:
    for items in ([item("a", None), item("b", 0.5)], []):
        content = formats.encoded(items, TutorItem, formats.ARROW)
        table = pa.ipc.open_stream(io.BytesIO(content)).read_all()
        assert table.schema.field("burnout_risk").type == pa.float64()
        assert table.schema.field("segment").type == pa.string()
        assert table["frozen"].type == pa.bool_()
        assert table["entity_id"].to_pylist() == [i.entity_id for i in items]


def test_arrow_has_what_operators_set_as_text() -> None:
    marks = {"model_segment": "at_risk", "override_owner": "ann", "override_expires": "2024-11-01T00:00:00Z"}
    marked = msgspec.structs.replace(item("a", 0.5), **marks, operator_state="on_leave")
    content = formats.encoded([marked, item("b", 0.5)], TutorItem, formats.ARROW)
    table = pa.ipc.open_stream(io.BytesIO(content)).read_all()
    assert table.select([*marks, "operator_state"]).to_pylist() == [
        marks | {"operator_state": "on_leave"},
        dict.fromkeys((*marks, "operator_state")),
    ]
    assert table.schema.field("entity_type").type == pa.string()

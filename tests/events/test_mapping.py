"""Mapping files: what they may say, and what is said of wrong ones."""

from pathlib import Path

import pytest

from tutorpulse.errors import MappingError
from tutorpulse.events.mapping import load_mapping, parse_mapping, shipped_mappings

GOOD = """
[[events]]
type = "student_registered"
time = "joined"
fields = { student_id = "id", tier = { column = "plan", values = { a = "basic" }, otherwise = "premium" } }
"""


@pytest.mark.parametrize("name", shipped_mappings())
def test_shipped_mappings_load_and_say_what_they_are(name: str) -> None:
    assert load_mapping(name).about


def test_shipped_mappings_are_those_of_the_real_data() -> None:
    assert shipped_mappings() == ["barcelona", "cdnow"]


def test_mapping_knows_its_columns() -> None:
    text = GOOD.replace("[[events]]", 'received = "loaded"\n[[events]]') + (
        'id = { template = "x-{id}-{@row}-{n}" }\nwhen = [{ column = "kind", in = ["new"] }]\n'
    )
    mapping = parse_mapping(text.encode(), "m.toml")
    assert mapping.columns() == {"loaded", "joined", "id", "plan", "n", "kind"}
    assert mapping.uses_row_id()
    assert not parse_mapping(GOOD.encode(), "m.toml").uses_row_id()


def test_module_example_is_a_valid_mapping() -> None:
    from tutorpulse.events import mapping

    example = (mapping.__doc__ or "").partition("\n\n")[2]
    assert parse_mapping(example.encode(), "example").events[0].fields["student_id"] == "customer_id"


def test_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping("nowhere")
    assert str(caught.value) == (
        "No mapping 'nowhere': neither a file nor one of barcelona, cdnow. Give a TOML file, or one of these names."
    )


def test_mapping_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(GOOD)
    assert load_mapping(str(tmp_path / "m.toml")) == parse_mapping(GOOD.encode(), "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[", "[", "m.toml is no TOML: "),
        (
            "student_registered",
            "student_slept",
            "events[0].type: 'student_slept' is no event type. Allowed: session_booked, ",
        ),
        (
            "student_id =",
            "name =",
            "events[0].fields.name: student_registered has no such field. Allowed: student_id, subjects,",
        ),
        (
            'student_id = "id",',
            "",
            "events[0].fields: student_registered requires student_id. Allowed: student_id,",
        ),
        (
            "time =",
            "when_ =",
            "events[0]: Object contains unknown field `when_`. The keys there are type, time, fields, id, when.",
        ),
        (
            'time = "joined"',
            "",
            "events[0]: Object missing required field `time`. The keys there are type, time,",
        ),
        (
            "[[events]]",
            'zone = "x"\n[[events]]',
            "top level: Object contains unknown field `zone`. The keys there are events",
        ),
        (
            "[[events]]",
            'timezone = "Mars"\n[[events]]',
            "timezone: 'Mars' is no time zone. Allowed: an IANA name",
        ),
        (
            "[[events]]",
            'unknown_columns = "burn"\n[[events]]',
            "unknown_columns: Invalid enum value 'burn'. The keys there are",
        ),
        (
            'column = "plan"',
            'colum = "plan"',
            "events[0].fields[...]: Object contains unknown field `colum`. The keys there are column, constant,",
        ),
        (
            'column = "plan"',
            'column = "plan", constant = 1',
            "events[0].fields.tier: Needs exactly one source. Allowed: column, constant, template.",
        ),
        (
            'column = "plan"',
            'constant = "x"',
            "events[0].fields.tier: Only a column can be changed. Allowed: column with",
        ),
        (
            '"joined"',
            '{ template = "{a" }',
            "events[0].time.template: Unpaired brace. Allowed: text with {column} or",
        ),
        (
            '"joined"',
            '{ column = "a", timezone = "Mars" }',
            "events[0].time.timezone: 'Mars' is no time zone. Allowed: an IANA",
        ),
        (
            "time =",
            'when = [{ column = "a" }]\ntime =',
            "events[0].when[0]: Needs exactly one test. Allowed: in, not_in, present.",
        ),
        (
            "time =",
            'when = [{ column = "a", is = 1 }]\ntime =',
            "Object contains unknown field `is`. The keys there are column, in, not_in, present.",
        ),
        ("[[events]]", "received = {}\n[[events]]", "received: Needs exactly one source. Allowed: column,"),
    ],
)
def test_wrong_mapping_is_refused_with_file_key_and_what_is_allowed(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(MappingError) as caught:
        parse_mapping(GOOD.replace(old, new, 1).encode(), "m.toml")
    assert str(caught.value).startswith("m.toml")
    assert message in str(caught.value)


def test_mapping_without_events_is_refused() -> None:
    with pytest.raises(MappingError, match=r"events: Expected `array` of length >= 1"):
        parse_mapping(b"events = []", "m.toml")


def test_either_of_fields_is_asked_for() -> None:
    text = '[[events]]\ntype = "support_ticket_opened"\ntime = "t"\nfields = { category = "c" }'
    with pytest.raises(MappingError, match=r"requires one more. Allowed: student_id or tutor_id."):
        parse_mapping(text.encode(), "m.toml")


def test_mapping_that_is_no_text_is_refused() -> None:
    with pytest.raises(MappingError, match=r"m.toml is no TOML"):
        parse_mapping(b"\xff\xfe", "m.toml")

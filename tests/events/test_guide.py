"""The guide's example is a mapping that loads."""

import re

from tests.conftest import ROOT
from tutorpulse.events.mapped import RowMapper
from tutorpulse.events.mapping import parse_mapping
from tutorpulse.events.tolerant import interpret


def test_mapping_of_the_guide_maps_a_row() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "importing.md").read_text(), re.DOTALL)
    row = {
        "id": "7",
        "pupil": "p",
        "teacher": "t",
        "cents": "4500",
        "status": "cancelled",
        "ended": "2025-06-01 18:00",
        "reviewed": "02/06/2025",
        "stars": "5",
        "loaded_at": "2025-06-03T00:00:00Z",
    }
    found = [
        interpret(event)[0] for _, event in RowMapper(parse_mapping(example.encode(), "guide")).events([row])
    ]
    assert [type(event.payload).__name__ for event in found] == ["SessionCompleted", "ReviewSubmitted"]
    assert getattr(found[0].payload, "price") == 45.0  # noqa: B009  (a payload of some type)

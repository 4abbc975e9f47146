"""The benchmark of scoring."""

from pathlib import Path

import pytest

from tutorpulse.bench import scoring
from tutorpulse.bench.harness import Options


def test_rows_are_scored_beside_plain_boosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "ROWS", 500)
    found = scoring.run(Options(events=3000, repeats=2, folder=tmp_path))
    assert (found.name, found.unit, len(found.repeats)) == ("score", "rows/s", 2)
    assert found.details["rows"] == 500
    assert found.details["heads"] >= len(scoring.PLAIN_HEADS)
    assert found.ratio == found.value / found.limit

"""The benchmark of training."""

from pathlib import Path

import pytest

from tutorpulse.bench import learning
from tutorpulse.bench.harness import Options


@pytest.mark.slow
def test_a_model_is_learnt_beside_plain_boosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "DATES", 10)
    found = learning.run(Options(events=16_000, repeats=1, folder=tmp_path))
    assert (found.name, found.unit, len(found.repeats)) == ("train", "s", 1)
    assert 1_000 < found.details["rows"] <= 4_160
    assert found.details["heads"] >= 4
    assert {"tutor leaks", "student features", "student heads"} <= found.details["phases_seconds"].keys()
    assert found.details["rows"] == sum(found.details["rows_by_kind"].values())
    assert sum(found.details["phases_seconds"].values()) <= found.value
    assert found.ratio == found.limit / found.value

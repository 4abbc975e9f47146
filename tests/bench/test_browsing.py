"""The benchmark of the dashboard, small: that it measures what it says, not how fast."""

import shutil
from pathlib import Path

import msgspec
import pytest

from tutorpulse.bench import browsing, open_pages
from tutorpulse.bench.harness import Options
from tutorpulse.errors import InputError


def test_lessons_are_of_as_many_tutors_as_stated_and_each_its_own() -> None:
    events = [msgspec.json.decode(browsing._lesson(n, 400, 10**15)) for n in range(400)]
    assert len({event["payload"]["tutor_id"] for event in events}) == 100
    assert len({event["payload"]["session_id"] for event in events}) == 400


def test_without_chromium_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("playwright")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="needs Chromium"):
        browsing.run(Options(400, 1, tmp_path))


@pytest.mark.slow
def test_it_runs_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium here")
    for name, value in (("SPAN_S", 0.5), ("SETTLED_S", 0.0), ("ROUNDS", 1), ("OPEN_PAGES", 20)):
        monkeypatch.setattr(open_pages, name, value)
    found = browsing.run(Options(400, 1, tmp_path))
    assert found.value > 0
    assert found.details["tutors"] == 100
    assert found.details["open_pages"]["pages"] == 20

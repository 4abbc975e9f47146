"""The progress bar shows itself only to the patient, and only on a terminal."""

import io

import pytest
from rich.console import Console

from tutorpulse.cli import console
from tutorpulse.cli.progress import progress_bar


@pytest.mark.parametrize(
    ("seconds", "terminal", "shown"), [(1.9, True, False), (2.0, True, True), (9.0, False, False)]
)
def test_bar_appears_after_two_seconds_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, seconds: float, terminal: bool, shown: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=stream, force_terminal=terminal, width=80))
    moments = iter([0.0, seconds, seconds])
    with progress_bar("Importing", lambda: next(moments)) as tell:
        tell(1, 2)
    assert ("Importing" in stream.getvalue()) is shown

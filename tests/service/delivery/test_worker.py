"""The thread that tells receivers, and looks at the log and the model."""

from pathlib import Path

import pytest

from tests.waiting import until
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import Watched
from tutorpulse.service.delivery import worker as worker_module
from tutorpulse.service.delivery.worker import Worker
from tutorpulse.service.live.models import InForce
from tutorpulse.service.root import Pulse, open_alone


def test_the_model_is_judged_when_it_is_known_and_nobody_waits_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[InForce | None] = []
    problems: list[str | None] = []
    known: list[InForce] = []

    def in_force() -> InForce | None:
        asked.append(known[0] if known else None)
        return asked[-1]

    def noted(pulse: Pulse, problem: str | None) -> Watched:
        problems.append(problem)
        return watch_system(pulse, problem)

    monkeypatch.setattr(worker_module, "POLL_S", 0.01)
    monkeypatch.setattr(worker_module, "watch_system", noted)
    with open_alone(tmp_path, create=True) as pulse:
        worker = Worker(pulse, in_force)
        worker.start()
        until(lambda: len(asked) > 2)
        assert problems == []
        known.append(InForce(None, "The model is gone.", 0))
        until(lambda: bool(problems))
        worker.close(10)
        assert problems == ["The model is gone."]

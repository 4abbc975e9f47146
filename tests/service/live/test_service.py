"""The facade: what the API and the verbs see of a home that is served."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.service.live.homes import LIVE_US, PAIRS, threads
from tests.service.logs import event, home_with, lesson
from tests.waiting import PATIENCE_S, until
from tutorpulse.clock import DAY_US, SECOND_US, FixedClock
from tutorpulse.errors import HomeBusyError, ModelError, UnknownEntityError
from tutorpulse.service.live import models
from tutorpulse.service.live.service import Service, open_service
from tutorpulse.service.page import page
from tutorpulse.service.scoring import Scorer
from tutorpulse.store.bodies import Body


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A served home that was refreshed once."""
    home_with(tmp_path, PAIRS)
    with open_service(tmp_path, clock=FixedClock(LIVE_US)) as served:
        served.refresh()
        yield served


def send(service: Service, *events: dict[str, object]) -> None:
    """Events, until they are durable and whom they touch is scored."""
    lines = b"\n".join(map(msgspec.json.encode, events))
    service.live.take(Body(lines, "lines", "test", service.pulse.clock.now_us())).result(10)
    service.live.flush(10)
    service.refresh()


def test_events_that_were_taken_show_in_the_predictions(service: Service) -> None:
    send(service, lesson(0, "t9", "s9"))
    with service.lend() as pulse:
        assert pulse.state.predictions.get("tutor", "t9").columns["status"].tolist() == ["new"]
        assert pulse is not service.pulse
    seen = service.seen("tutor", "t9")
    assert seen is not None
    assert seen.as_of_us == LIVE_US
    assert service.seen("tutor", "t10") is None
    assert service.ready() == []


def test_a_page_is_made_of_what_was_seen_without_a_query(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(service.pulse.clock, FixedClock)
    service.pulse.clock.advance(60 * SECOND_US)
    with service.lend() as pulse:
        service.refresher._report(pulse.state)
    monkeypatch.setattr("tutorpulse.service.live.reading.features_of", None)
    scorer = service.scorer()
    assert scorer is not None
    with service.lend() as pulse:
        shown = page(pulse, scorer, "t1", "tutor")
    assert shown.explanations
    assert shown.facts[0].name == "sessions_taught_7d"


def test_features_of_several_or_of_the_past_are_computed(service: Service) -> None:
    scorer = service.scorer()
    assert scorer is not None
    several = scorer.compute("tutor", LIVE_US, np.array(["t1", "t2"], dtype=object))
    assert several.entity_ids.tolist() == ["t1", "t2"]
    seen = service.seen("tutor", "t1")
    assert seen is not None
    np.testing.assert_array_equal(several.features[:1], seen.features)
    past = scorer.compute("tutor", LIVE_US - DAY_US, np.array(["t1"], dtype=object))
    assert past.as_of_us == LIVE_US - DAY_US


def test_each_thread_has_a_state_of_its_own(service: Service) -> None:
    with service.lend() as first, service.lend() as second:
        assert first.state is not second.state
        assert first.store is second.store
    with service.lend() as again:
        assert again.state in (first.state, second.state)


def test_erasing_reaches_memory_and_its_partners_are_scored_anew(service: Service) -> None:
    before = service.seen("student", "s1")
    erased = service.erase("tutor", "t1")
    assert erased.events == 4
    assert service.seen("tutor", "t1") is None
    service.refresh()
    after = service.seen("student", "s1")
    assert before is not None
    assert after is None or after.facts["completed_total"][0] < before.facts["completed_total"][0]
    with service.lend() as pulse:
        assert len(pulse.state.predictions.get("tutor", "t1")) == 0
    with pytest.raises(UnknownEntityError):
        service.erase("tutor", "t1")


def test_it_is_not_ready_while_somebody_waits_too_long(service: Service) -> None:
    assert isinstance(service.pulse.clock, FixedClock)
    with service.refresher.held():
        service.refresher.lanes["tutor"].figures.oldest_mark_us = LIVE_US - 11 * SECOND_US
        assert service.ready() == ["refresh is 11 s behind"]


def test_while_a_model_is_being_read_it_says_so_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, opened = threading.Event(), models.open_scorer

    def slowly(*given: Any) -> Scorer:
        go_on.wait(PATIENCE_S)
        return opened(*given)

    monkeypatch.setattr(models, "open_scorer", slowly)
    home_with(tmp_path, PAIRS)
    with open_service(tmp_path, clock=FixedClock(LIVE_US)) as served:
        assert served.ready() == ["the model is being read"]
        assert loaded(served) == 0
        go_on.set()
        until(lambda: served.ready() == [])
        assert loaded(served) == 1


def loaded(service: Service) -> float:
    """What the figures say of the model."""
    found = (family for family in service.metrics.collect() if family.name == "tutorpulse_model_loaded")
    return float(next(found).samples[0].value)


def test_it_is_not_ready_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_model(*_: object) -> None:
        raise ModelError("The model is gone.")

    monkeypatch.setattr(models, "open_scorer", no_model)
    home_with(tmp_path, PAIRS)
    with open_service(tmp_path, clock=FixedClock(LIVE_US)) as served:
        until(lambda: served.ready() == ["The model is gone."])
        assert served.scorer() is None
        with pytest.raises(ModelError, match="Nothing can be refreshed"):
            served.refresh()


def test_a_home_is_served_once(service: Service) -> None:
    with pytest.raises(HomeBusyError), open_service(service.pulse.home.path):
        pass


def test_what_was_taken_before_the_end_is_in_the_log_after_it(tmp_path: Path) -> None:
    home_with(tmp_path, PAIRS)
    others = threads("refresh-", "ingest", "apply")
    with open_service(tmp_path, clock=FixedClock(LIVE_US)) as served:
        body = Body(msgspec.json.encode(event("ib_call_logged", 0, student_id="s3")), "json", "test", LIVE_US)
        served.live.take(body).result(10)
    assert threads("refresh-", "ingest", "apply") <= others
    with open_service(tmp_path, clock=FixedClock(LIVE_US)) as served:
        assert len(served.pulse.store) == len(PAIRS) + 1


def test_metrics_tell_what_was_taken_scored_and_refused(service: Service) -> None:
    send(service, lesson(0, "t9", "s9"), {"event_type": "no_such_type", "timestamp": "2024-10-04T00:00:00Z"})
    families = {f.name: f for f in text_string_to_metric_families(service.metrics.text().decode())}
    events = {s.labels["outcome"]: s.value for s in families["tutorpulse_events"].samples}
    assert events == {"accepted": 1, "duplicate": 0, "rejected": 1}
    assert sum(s.value for s in families["tutorpulse_rejects"].samples) == 1
    known = {s.labels["kind"]: s.value for s in families["tutorpulse_entities"].samples}
    assert known == {"tutor": 7, "student": 7}
    freshness = {
        (s.labels.get("le"), s.labels["kind"]): s.value
        for s in families["tutorpulse_freshness_seconds"].samples
        if s.name.endswith("_bucket")
    }
    assert freshness["+Inf", "tutor"] == freshness["0.1", "tutor"] == 1
    (size,) = families["tutorpulse_store_bytes"].samples
    assert size.value > 100_000
    (loaded,) = families["tutorpulse_model_loaded"].samples
    assert loaded.value == 1

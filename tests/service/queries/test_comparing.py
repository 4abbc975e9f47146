"""Why a prediction moved: against the features and explanations themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from tests.service.live.homes import LIVE_US, PAIRS
from tests.service.logs import home_with
from tutorpulse.cli.change_view import show_comparison
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.errors import HistoryError, UnknownEntityError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features.compile import feature_set_hash
from tutorpulse.features.references import References
from tutorpulse.model import registry
from tutorpulse.model.artifact import save
from tutorpulse.model.predictor import LocalPredictor
from tutorpulse.service.queries.comparing import COMPARED, compare, history
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import features_of, open_scorer

LATER_US = LIVE_US + 5 * DAY_US


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pulse, Scorer]]:
    """A home that was refreshed on two days, five apart, without any event between."""
    path = tmp_path_factory.mktemp("compared")
    home_with(path, PAIRS)
    with open_pulse(path, clock=FixedClock(LIVE_US)) as pulse:
        scorer = open_scorer(pulse)
        for moment_us in (LIVE_US, LATER_US):
            pulse.clock.us = moment_us  # type: ignore[attr-defined]
            marker = PAIRS[0] | {"event_id": f"marker {moment_us}", "event_type": "supply_demand_update"}
            _append(pulse, marker | {"payload": {"subject": "x"}}, moment_us)
            refresh(pulse, scorer)
        yield pulse, scorer


def _append(pulse: Pulse, event: dict[str, object], moment_us: int) -> None:
    line = msgspec.json.encode(event | {"timestamp": format_time(moment_us)})
    pulse.store.append(decode_lines(line, Arrival(moment_us, "test")))


def test_the_drivers_changes_add_up_to_the_predictions_change(twice: tuple[Pulse, Scorer]) -> None:
    found = compare(*twice, "tutor", "t1", LIVE_US, LATER_US)
    assert [output.output for output in found.outputs] == ["burnout_risk", "burnout_risk_30d", *COMPARED[2:]]
    for output in found.outputs:
        assert output.change is not None
        assert output.value_to == pytest.approx(output.value_from + output.change)  # type: ignore[operator]
        assert sum(d.change for d in output.drivers) + output.other == pytest.approx(output.data_change)
        assert output.data_change == pytest.approx(output.change)
        assert (output.model_change, output.data_change_by_old_model) == (
            0.0,
            pytest.approx(output.data_change),
        )
        assert output.rest == pytest.approx(0, abs=1e-6)
        assert [abs(d.change) for d in output.drivers] == sorted(
            (abs(d.change) for d in output.drivers), reverse=True
        )


def test_it_explains_the_very_predictions_of_record(twice: tuple[Pulse, Scorer]) -> None:
    found = compare(*twice, "student", "s2", LIVE_US, LATER_US)
    risk = found.outputs[0]
    for standing, value in ((found.earlier, risk.value_from), (found.later, risk.value_to)):
        assert value == pytest.approx(100 * standing.outputs["churn_risk_14d"])  # type: ignore[operator]
    assert found.models == (found.model_in_force,) * 2
    assert risk.sentence.startswith("Churn risk")


def test_silence_is_what_moved_a_tutor_who_was_silent(twice: tuple[Pulse, Scorer]) -> None:
    moved = {d.feature: d for d in compare(*twice, "tutor", "t1", LIVE_US, LATER_US).outputs[0].drivers}
    recency = [
        moved[name] for name in ("days_since_last_session", "days_since_last_activity") if name in moved
    ]
    assert recency
    assert all(d.value_to == pytest.approx(d.value_from + 5, abs=0.01) for d in recency)  # type: ignore[operator]


def test_times_between_records_mean_the_record_before_them(twice: tuple[Pulse, Scorer]) -> None:
    loose = compare(*twice, "tutor", "t1", LIVE_US + DAY_US, LATER_US + 9 * DAY_US)
    assert loose == compare(*twice, "tutor", "t1", LIVE_US, LATER_US)
    assert compare(*twice, "tutor", "t1", 0, LATER_US) == loose


def test_one_record_cannot_be_compared_with_itself(twice: tuple[Pulse, Scorer]) -> None:
    with pytest.raises(
        HistoryError, match=r"no two predictions of record between .* Give times further apart"
    ):
        compare(*twice, "tutor", "t1", LIVE_US, LATER_US - 1)
    with pytest.raises(UnknownEntityError, match="No tutor 'nobody'"):
        compare(*twice, "tutor", "nobody", LIVE_US, LATER_US)


def test_history_keeps_its_bounds(twice: tuple[Pulse, Scorer]) -> None:
    pulse, _ = twice
    whole = history(pulse, "tutor", "t1", None, None).items
    assert len(whole) == 2
    assert history(pulse, "tutor", "t1", LIVE_US, LIVE_US).items == whole[:1]
    assert history(pulse, "tutor", "t1", LIVE_US + 1, None).items == whole[1:]


def as_of_another_model(pulse: Pulse, version: str) -> None:
    """The record of the first day is another model's: what it said is what its files say, if they are there."""
    for kind, entity_id in (("tutor", "t1"), ("student", "s1")):
        rows = pulse.state.predictions.history(kind, entity_id)
        first = rows.take(np.array([0]))
        first.columns["model_version"][:] = version
        for name in ("churn_risk_14d", "churn_risk_30d"):
            first.columns[name][:] *= 0.5
        pulse.state.predictions.record(first)


@contextmanager
def other_model_before(twice: tuple[Pulse, Scorer], version: str) -> Iterator[None]:
    pulse, _ = twice
    before = [pulse.state.predictions.history(k, e) for k, e in (("tutor", "t1"), ("student", "s1"))]
    as_of_another_model(pulse, version)
    yield
    for rows in before:
        pulse.state.predictions.record(rows)


def test_what_a_model_that_is_gone_said_otherwise_is_the_models_part(twice: tuple[Pulse, Scorer]) -> None:
    plain = compare(*twice, "tutor", "t1", LIVE_US).outputs[0]
    with other_model_before(twice, "gone-1"):
        found = compare(*twice, "tutor", "t1", LIVE_US)
    risk = found.outputs[0]
    assert found.models[0] == "gone-1"
    assert risk.value_from == pytest.approx(plain.value_from / 2)  # type: ignore[operator]
    assert risk.data_change == pytest.approx(plain.data_change)
    assert risk.model_change == pytest.approx(plain.value_from / 2)  # type: ignore[operator]
    assert risk.change == pytest.approx(risk.data_change + risk.model_change + risk.rest)  # type: ignore[operator]
    assert risk.data_change_by_old_model is None
    assert "model gone-1 is no longer here" in risk.note
    if round(risk.model_change):  # type: ignore[arg-type]
        assert "a change of the model adds" in risk.sentence


def test_a_change_of_the_model_is_told_by_the_same_rows_through_both(twice: tuple[Pulse, Scorer]) -> None:
    """The other model is the starter with half the slope in the head of already gone, saved in the home under its own version."""
    pulse, scorer = twice
    starter = registry.starter(feature_set_hash())
    assert starter is not None
    heads = {
        kind: {**of, "already_gone": of["already_gone"].calibrated(0.5, of["already_gone"].intercept)}
        for kind, of in starter.heads.items()
    }
    other = replace(
        starter, manifest=msgspec.structs.replace(starter.manifest, version="other-1"), heads=heads
    )
    entries = {
        kind: msgspec.structs.replace(
            part,
            heads=[
                msgspec.structs.replace(entry, slope=0.5) if entry.name == "already_gone" else entry
                for entry in part.heads
            ],
        )
        for kind, part in starter.manifest.kinds.items()
    }
    other = replace(other, manifest=msgspec.structs.replace(other.manifest, kinds=entries))
    save(other, pulse.home.models_path)
    with other_model_before(twice, "other-1"):
        found = compare(pulse, scorer, "tutor", "t1", LIVE_US).outputs[0]
    frames = [
        features_of(pulse, References(), "tutor", us, np.array(["t1"], object)) for us in (LIVE_US, LATER_US)
    ]
    ours, theirs = (
        [100 * float(LocalPredictor(artifact).predict(f).churn_risk_14d[0]) for f in frames]
        for artifact in (starter, other)
    )
    assert ours[0] != pytest.approx(theirs[0])
    assert found.data_change == pytest.approx(ours[1] - ours[0])
    assert found.model_change == pytest.approx(ours[0] - theirs[0])
    assert found.data_change_by_old_model == pytest.approx(theirs[1] - theirs[0])
    assert found.change == pytest.approx(found.data_change + found.model_change + found.rest)  # type: ignore[operator]
    # What was on record is half of what our own model said, which is not what the other one says: that is the rest.
    assert found.rest == pytest.approx(theirs[0] - ours[0] / 2)


def test_without_an_end_it_is_the_newest_record(twice: tuple[Pulse, Scorer]) -> None:
    assert compare(*twice, "tutor", "t1", LIVE_US) == compare(*twice, "tutor", "t1", LIVE_US, LATER_US)


def test_the_verb_tells_each_part(twice: tuple[Pulse, Scorer], capsys: pytest.CaptureFixture[str]) -> None:
    with other_model_before(twice, "gone-1"):
        found = compare(*twice, "tutor", "t1", LIVE_US)
    show_comparison(found)
    shown = capsys.readouterr().out
    assert "models gone-1, then " in shown
    assert f"the facts {found.outputs[0].data_change:+.1f}" in shown
    assert f"a change of the model {found.outputs[0].model_change:+.1f}" in shown
    told = next(d for d in found.outputs[0].drivers if d.change)
    assert PHRASES[told.feature].label in shown

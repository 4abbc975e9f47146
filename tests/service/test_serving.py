"""Which model serves whom, on real rooms."""

from pathlib import Path

import numpy as np
import pytest

from tests.model.made import HASH, artifact_of, frame_of
from tests.training.worlds import DAYS, tutor_events
from tutorpulse.cli.train import starter_lines
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import EntityType
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, write
from tutorpulse.service import serving as room
from tutorpulse.service.page import page
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import open_scorer, reading_scorer
from tutorpulse.service.serving import NoModel, ServedModel, serving
from tutorpulse.service.today import needs_someone
from tutorpulse.service.training import train_home
from tutorpulse.training.snapshots import Limits
from tutorpulse.training.yielding import without

OWN = artifact_of("student")


def nobody(_: EntityType) -> bool:
    return False


def everybody(_: EntityType) -> bool:
    return True


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Artifact:
    """A made-up starter model of tutors, in the place of the packaged one."""
    made, folder = registry.as_starter(artifact_of("tutor")), tmp_path / "starter"
    folder.mkdir()
    write(made, folder)
    monkeypatch.setattr(room, "feature_set_hash", lambda: HASH)
    monkeypatch.setattr(room.registry, "starter", lambda set_hash: starter_in(set_hash, folder))
    return made


starter_in = registry.starter


def test_the_starter_serves_where_nothing_was_trained(starter: Artifact, tmp_path: Path) -> None:
    served = serving(tmp_path, everybody)
    assert served.starter_kinds == ("tutor",)
    assert served.version == starter.version


def test_the_own_model_serves_its_kinds_and_the_starter_the_others(starter: Artifact, tmp_path: Path) -> None:
    registry.publish(OWN, tmp_path)
    served = serving(tmp_path, everybody)
    assert {kind: a.version for kind, a in served.by_kind.items()} == {
        "student": OWN.version,
        "tutor": starter.version,
    }
    assert served.version == f"{OWN.version}+{starter.version}"


def test_nobody_is_served_by_a_starter_that_the_log_does_not_ask_for(
    starter: Artifact, tmp_path: Path
) -> None:
    registry.publish(OWN, tmp_path)
    assert serving(tmp_path, nobody).version == OWN.version


def test_each_prediction_names_the_model_that_made_it(starter: Artifact, tmp_path: Path) -> None:
    registry.publish(OWN, tmp_path)
    model = ServedModel(serving(tmp_path, everybody))
    assert model.predict(frame_of(4, entity_type="student")).model_version == OWN.version
    assert model.predict(frame_of(4)).model_version == starter.version
    assert len(model.explain(frame_of(4), "churn_risk_14d")) == 4


def test_a_kind_that_no_model_serves_is_refused(starter: Artifact, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No model serves students here. Import .* `tutorpulse train`"):
        ServedModel(serving(tmp_path, everybody)).predict(frame_of(4, entity_type="student"))


def test_without_a_fitting_starter_train_is_asked_for(
    starter: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "feature_set_hash", lambda: "other")
    with pytest.raises(ModelError, match=r"made for other features. Run `tutorpulse train` first"):
        serving(tmp_path, everybody)


def test_leaving_a_kind_out_gives_another_version() -> None:
    assert without(OWN, []) is OWN
    left = without(OWN, ["student"])
    assert left.manifest.kinds == {}
    assert left.version != OWN.version


def test_who_cannot_predict_says_why_instead_of_explaining() -> None:
    absent = NoModel("It was made for other features.")
    with pytest.raises(ModelError, match="made for other features"):
        absent.predict(frame_of(2))
    explained = absent.explain(frame_of(2), "churn_risk_14d")
    assert [(e.drivers, e.note) for e in explained] == [((), "It was made for other features.")] * 2


# A whole home


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of tutors only, without a model."""
    path = tmp_path_factory.mktemp("serving") / "home"
    path.mkdir()
    (path / "settings.toml").write_text("exit_gap_days_tutor = 21\n")
    with open_pulse(path, create=True, clock=FixedClock(DAYS * DAY_US)) as pulse:
        pulse.store.append(tutor_events())
    return path


def test_a_first_refresh_needs_no_training_and_says_whose_model_it_is(path: Path) -> None:
    with open_pulse(path, clock=FixedClock(DAYS * DAY_US)) as pulse:
        scorer = open_scorer(pulse)
        report = refresh(pulse, scorer)
        rows = pulse.state.predictions.all("tutor")
        shown = page(pulse, scorer, "t000", "tutor")
    assert registry.is_starter(report.summary.model_version)
    assert (
        "Starter model, learnt from simulated marketplaces, not from yours, for tutors: " in report.notes[0]
    )
    assert "leaving means 30 days of silence" in report.notes[0]
    scored = ~rows.columns["frozen"]
    assert scored.any()
    assert all(map(registry.is_starter, rows.columns["model_version"][scored]))
    assert np.isfinite(rows.columns["churn_risk_14d"][scored].astype(float)).all()
    assert shown.model_version is None or registry.is_starter(shown.model_version)


@pytest.mark.slow
def test_a_history_too_short_for_churn_leaves_the_starter_in_force(path: Path) -> None:
    with open_pulse(path, clock=FixedClock(DAYS * DAY_US)) as pulse:
        trained = train_home(pulse, lambda *_: None, 80 * DAY_US, limits=Limits(dates=4, rows=1000))
        assert trained.in_force is None
        assert "cannot be learnt yet: " in trained.lacking["tutor"]
        assert registry.current_version(pulse.home.models_path) is None
        scorer = open_scorer(pulse)
        assert trained.starter is not None
        assert scorer.model.version == trained.starter.version
        assert registry.is_starter(scorer.model.version)
    (note,) = (note for note in scorer.notes if "Starter" in note)
    assert "Its sizes are levelled on " in note
    assert "of your own outcomes, known on 1970-03-22. Your own model takes over at a later" in note
    assert starter_lines(trained)[0].endswith("outcomes of this log.")


@pytest.mark.slow
def test_an_own_model_that_suffices_takes_over(path: Path) -> None:
    with open_pulse(path, clock=FixedClock(DAYS * DAY_US)) as pulse:
        trained = train_home(pulse, lambda *_: None, limits=Limits(dates=15, rows=8000))
        assert trained.lacking == {}
        figure = trained.artifact.manifest.kinds["tutor"].metrics["churn_risk_30d"]
        assert figure.starter_auc is not None
        scorer = open_scorer(pulse)
        assert trained.in_force is not None
        assert scorer.model.version == trained.in_force.version
        assert not any("Starter" in note for note in scorer.notes)


def test_a_model_of_other_features_leaves_the_last_predictions_to_be_shown(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_pulse(path, clock=FixedClock(DAYS * DAY_US)) as pulse:
        refresh(pulse, open_scorer(pulse))
        monkeypatch.setattr(room, "feature_set_hash", lambda: "other")
        scorer = reading_scorer(pulse)
        rows = pulse.state.predictions.all("tutor")
        scored = rows.take(~rows.columns["frozen"])
        shown = page(pulse, scorer, str(scored.entity_ids[0]), "tutor")
        needs = needs_someone(pulse, scorer, ("tutor",))
    assert scorer.notes[0].startswith("The predictions are the last that were made. ")
    assert "other features" in scorer.notes[0]
    assert shown.current.outputs["burnout_risk"] == scored.columns["churn_risk_14d"][0]
    assert "other features" in shown.explanations[0].note
    assert shown.facts
    assert all("other features" in need.reason for need in needs)

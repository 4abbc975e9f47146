"""How far a home's population has drifted from what its models were made for, and whether that matters."""

from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, format_time, parse_time
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model import registry
from tutorpulse.model.outputs import Floats
from tutorpulse.service.lifecycle.promoting import artifact_of
from tutorpulse.service.queries.shapes import KindDrift
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer, matrix
from tutorpulse.service.training import features_of
from tutorpulse.training.drift import expected, moved
from tutorpulse.training.track.shapes import Expected, Moved
from tutorpulse.training.train import DEFAULT_SEED

OUTPUTS = ("churn_risk_14d", "churn_risk_30d")
SAMPLE = 1_000
"""Rows, at random, whose features are moved back one by one: each costs a prediction of them all."""

STARTER_REFERENCE_DAYS = 90
"""The starter was made for no day of this log: it is compared with so long ago."""


def judge_drift(pulse: Pulse, scorer: Scorer, as_of_us: int) -> list[KindDrift]:
    """Judge each kind that is served and keep what was found; kinds with nobody scored at either time are left out."""
    told = [_of_kind(pulse, scorer, kind, as_of_us) for kind in scorer.exit_gap_days]
    found = [drift for drift in told if drift is not None]
    for drift in found:
        content = msgspec.json.encode(drift).decode()
        pulse.state.models.keep_drift(drift.entity_type, as_of_us, content)
    return found


def _of_kind(pulse: Pulse, scorer: Scorer, kind: EntityType, as_of_us: int) -> KindDrift | None:
    now = _scored(scorer, scorer.compute(kind, as_of_us, None))
    version, then_us = _reference_us(pulse, scorer, kind, as_of_us)
    then = _scored(scorer, features_of(pulse.store, pulse.settings).compute(kind, then_us))
    if not len(now) or not len(then):
        return None
    before, after = (scorer.model.predict(frame) for frame in (then, now))
    outputs = [expected(name, getattr(before, name), getattr(after, name), DEFAULT_SEED) for name in OUTPUTS]
    judged = tuple(output for output in outputs if output is not None)
    drifting = any(output.drifting for output in judged)
    names = list(scorer.feature_names(kind))
    features = tuple(moved(names, matrix(then), matrix(_sample(now)), _Risk(scorer, _sample(now))))
    return KindDrift(
        kind,
        version,
        format_time(then_us),
        format_time(as_of_us),
        len(then),
        len(now),
        judged,
        features,
        drifting,
        _sentence(kind, judged, features, drifting, format_time(then_us)[:10]),
    )


def _reference_us(pulse: Pulse, scorer: Scorer, kind: EntityType, as_of_us: int) -> tuple[str, int]:
    """The model that serves a kind, and the day that it was made for."""
    for version in scorer.model.version.split("+"):
        artifact = artifact_of(pulse, version)
        if kind in artifact.manifest.kinds:
            if registry.is_starter(version):
                return version, as_of_us - STARTER_REFERENCE_DAYS * DAY_US
            return version, parse_time(artifact.manifest.data_to)
    raise AssertionError("a kind that is scored has a model")


def _scored(scorer: Scorer, frame: FeatureFrame) -> FeatureFrame:
    gap_days = scorer.exit_gap_days[frame.entity_type]
    return frame.take(is_scored(statuses(frame.facts, frame.as_of_us, gap_days)))


def _sample(frame: FeatureFrame) -> FeatureFrame:
    chosen = np.random.default_rng(DEFAULT_SEED).permutation(len(frame))[:SAMPLE]
    mask = np.zeros(len(frame), np.bool_)
    mask[chosen] = True
    return frame.take(mask)


class _Risk:
    """Predicts the first of `OUTPUTS` for the frame's entities with other features."""

    def __init__(self, scorer: Scorer, frame: FeatureFrame) -> None:
        self._scorer, self._frame = scorer, frame

    def __call__(self, rows: NDArray[np.float32]) -> Floats:
        width = self._frame.features.shape[1]
        other = replace(self._frame, features=rows[:, :width], context=rows[:, width:])
        risk: Floats = getattr(self._scorer.model.predict(other), OUTPUTS[0])
        return risk


def _sentence(
    kind: EntityType, judged: tuple[Expected, ...], features: tuple[Moved, ...], drifting: bool, since: str
) -> str:
    if not judged:
        return f"{kind.capitalize()}s: too few to tell."
    first = judged[0]
    told = f"expected AUC {first.auc_now.value:.3f}, {first.auc_then.value:.3f} on {since}"
    risk = f"mean risk {first.mean_now:.1%}, {first.mean_then:.1%} then"
    most = f"; most of it by {features[0].feature} ({features[0].impact:+.1%})" if features else ""
    return f"{kind.capitalize()}s {'drift' if drifting else 'hold'}: {told}; {risk}{most}."

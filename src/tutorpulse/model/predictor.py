"""The in-process predictor: features and context of n entities to predictions, in one pass over each head."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.errors import ArtifactError, ModelError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.cohorts import tenure_of
from tutorpulse.model.contract import Predictions
from tutorpulse.model.explain import Explanation, explain_rows
from tutorpulse.model.heads import Head
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import ChurnLabel, Floats, output_spec, output_specs
from tutorpulse.model.usual import NEW_DAYS, USUAL_MIN_SESSIONS, usual_sessions

OUTPUT_FIELDS = (
    "first_session_success",
    "session_velocity",
    "churn_risk_14d",
    "churn_risk_30d",
    "health_score",
    "already_gone",
    "inactive_14d",
    "inactive_30d",
)
"""The outputs of `Predictions`, the five of the contract first."""

MEDIUM_SESSIONS, MEDIUM_DAYS = 3, 30
HIGH_SESSIONS, HIGH_DAYS = 20, 90
"""Confidence is the amount of history: completed sessions and days of tenure, both at least these; else low."""


def head_outputs(
    heads: Mapping[str, Head], churn_label: ChurnLabel, rows: NDArray[np.float32]
) -> dict[str, Floats]:
    """Every output of (n, k) rows whose heads are all there, by name, on the field's own scale."""
    specs = [spec for spec in output_specs(churn_label) if all(name in heads for name in spec.heads)]
    margins = {name: heads[name].margins(rows) for name in {name for spec in specs for name in spec.heads}}
    return {spec.name: spec.value([margins[name] for name in spec.heads]) for spec in specs}


class LocalPredictor:
    """Predictions from an artifact, in this process."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact

    @property
    def version(self) -> str:
        """The artifact's version."""
        return self._artifact.version

    def predict(self, frame: FeatureFrame) -> Predictions:
        """Predictions for every row of `frame`, in its order; one row gets what it gets in a batch.

        Entities without a session that reached its start get their cohort's base rates, as do those without a health of
        their own (the first 30 days, or usually less than one session in 30 days): with low confidence.

        Raises:
            ModelError: the model was trained without this kind of entity.
            ArtifactError: the frame has other columns than the model was trained on.
        """
        part, heads = self._part(frame.entity_type), self._artifact.heads[frame.entity_type]
        rows = matrix(frame, len(part.feature_names))
        tenure_days, had_session = tenure_of(frame), frame.facts["reached_total"] > 0
        cohort = {name: part.cohorts.rates(name, tenure_days, had_session) for name in OUTPUT_FIELDS}
        outputs = head_outputs(heads, part.churn_label, rows)
        values = {
            name: np.where(had_session, outputs.get(name, np.nan), cohort[name]) for name in OUTPUT_FIELDS
        }
        low, high = _velocity_bounds(heads, values["session_velocity"], had_session)
        own_health = had_session & has_usual(frame, part.feature_names, tenure_days)
        values["health_score"] = np.where(own_health, values["health_score"], cohort["health_score"])
        return Predictions(
            entity_ids=frame.entity_ids,
            **values,
            session_velocity_low=low,
            session_velocity_high=high,
            confidence=np.where(own_health, _confidence(frame, tenure_days), 0).astype(np.int8),
            from_cohort=~had_session,
            model_version=self.version,
        )

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:
        """The `top` drivers of one output for every row of `frame`, in its order.

        An entity whose value is its cohort's base rate, or an output that this model lacks, has no drivers and says so.

        Raises:
            ModelError: there is no such output, or the model was trained without this kind of entity.
        """
        if output not in OUTPUT_FIELDS:
            raise ModelError(f"There is no output {output!r}. Outputs are {', '.join(OUTPUT_FIELDS)}.")
        part, heads = self._part(frame.entity_type), self._artifact.heads[frame.entity_type]
        spec = output_spec(output, part.churn_label)
        if spec is None or output not in part.averages:
            reason = part.absent.get(output, f"this model does not predict {output}")
            return [_bare(output, float(value), reason) for value in getattr(self.predict(frame), output)]
        names, rows = part.feature_names, matrix(frame, len(part.feature_names))
        explained = explain_rows(spec, heads, part.averages[output], names, rows, top)
        own = frame.facts["reached_total"] > 0
        if output == "health_score":
            own = own & has_usual(frame, names, tenure_of(frame))
        if own.all():
            return explained
        note = "too little history: the value is the cohort's base rate"
        shown = getattr(self.predict(frame), output) * spec.shown_scale
        return [
            e if known else _bare(output, float(value), note, spec.unit)
            for e, known, value in zip(explained, own, shown, strict=True)
        ]

    def _part(self, entity_type: EntityType) -> KindManifest:
        part = self._artifact.manifest.kinds.get(entity_type)
        if part is None:
            raise ModelError(
                f"Model {self.version} was trained without any {entity_type}. Import their events, then run `tutorpulse train`."
            )
        return part


def _velocity_bounds(
    heads: Mapping[str, Head], velocity: Floats, had_session: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """The interval of each of n velocities; NaN without one, and where the velocity is a cohort's."""
    unknown = np.full(len(velocity), np.nan)
    head = heads.get("session_velocity")
    if head is None or head.interval is None:
        return unknown, unknown
    low, high = head.interval.bounds(velocity)
    return np.where(had_session, low, unknown), np.where(had_session, high, unknown)


def matrix(frame: FeatureFrame, width: int) -> NDArray[np.float32]:
    """Features and context side by side, (n, width).

    Raises:
        ArtifactError: the frame has another number of columns.
    """
    rows = np.hstack([frame.features, frame.context])
    if rows.shape[1] != width:
        raise ArtifactError(
            f"The model takes {width} columns, these features have {rows.shape[1]}. Train again with `tutorpulse train`."
        )
    return rows


def has_usual(frame: FeatureFrame, names: Sequence[str], tenure_days: Floats) -> NDArray[np.bool_]:
    """Rows that have a health of their own: past the first 30 days, usually one session in 30 days or more."""
    completed_90d = _column(frame, names, "completed_90d")
    since_first_days = (frame.as_of_us - frame.facts["first_session_us"]) / DAY_US
    usual = usual_sessions(completed_90d, since_first_days) >= USUAL_MIN_SESSIONS
    return np.asarray(usual & (tenure_days >= NEW_DAYS), np.bool_)


def _column(frame: FeatureFrame, names: Sequence[str], name: str) -> Floats:
    place = list(names).index(name)
    width = frame.features.shape[1]
    block: NDArray[Any] = frame.features if place < width else frame.context
    return np.asarray(block[:, place if place < width else place - width], np.float64)


def _confidence(frame: FeatureFrame, tenure_days: Floats) -> NDArray[np.int8]:
    sessions = frame.facts["completed_total"]
    medium = (sessions >= MEDIUM_SESSIONS) & (tenure_days >= MEDIUM_DAYS)
    high = (sessions >= HIGH_SESSIONS) & (tenure_days >= HIGH_DAYS)
    return (medium.astype(np.int8) + (medium & high)).astype(np.int8)


def _bare(output: str, value: float, note: str, unit: str = "") -> Explanation:
    return Explanation(output, unit, value, float("nan"), (), 0.0, note)

"""Why a prediction moved between two dates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.sentences import Earlier, sentence, shown_name
from tutorpulse.errors import HistoryError
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.explain import Driver, Explanation
from tutorpulse.service.page import find, standings
from tutorpulse.service.past_models import model_of
from tutorpulse.service.queries.shapes import Comparison, DriverChange, History, OutputChange
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Model, Scorer
from tutorpulse.store.state import PredictionRows

COMPARED = ("churn_risk_14d", "churn_risk_30d", "health_score", "session_velocity")
"""Outputs whose movement is explained."""

DRIVERS_SHOWN = 6
_REASONS = 2
_ALL = 1_000


def history(
    pulse: Pulse, kind: EntityType, entity_id: str, from_us: int | None, until_us: int | None
) -> History:
    """The predictions of record within both times, oldest first.

    Raises:
        UnknownEntityError: there is no such entity.
    """
    find(pulse, entity_id, kind)
    rows = pulse.state.predictions.history(kind, entity_id)
    as_of_us = rows.columns["as_of_us"]
    within = (as_of_us >= (from_us or 0)) & (as_of_us <= (np.inf if until_us is None else until_us))
    return History(entity_id, kind, standings(rows.take(within)))


def compare(
    pulse: Pulse,
    scorer: Scorer,
    kind: EntityType,
    entity_id: str,
    from_us: int,
    until_us: int | None = None,
) -> Comparison:
    """What moved an entity's predictions from the one of record at `from_us` (the newest until then, else its first) to the one at
    `until_us` (None: the newest).

    The features known at both times go through the model of the later record: what they change is the data's, and the earlier
    features through both models tell what the model's change is.

    Raises:
        UnknownEntityError: there is no such entity.
        HistoryError: it has no two predictions of record within the times.
    """
    find(pulse, entity_id, kind)
    earlier, later = _ends(pulse.state.predictions.history(kind, entity_id), from_us, until_us)
    ends = _ends_of(pulse, scorer, earlier, later)
    return Comparison(
        entity_id=entity_id,
        entity_type=kind,
        earlier=standings(earlier)[0],
        later=standings(later)[0],
        models=ends.versions,
        model_in_force=scorer.model.version,
        outputs=tuple(_change(ends, output) for output in COMPARED),
    )


@dataclass(frozen=True)
class _Both:
    """Both records, the features known at either time, and what explains them.

    `then` made the earlier one and `now` the later one; None where it is no longer here, and `explains` stands in: `now`, else the
    model in force.
    """

    records: tuple[PredictionRows, PredictionRows]
    before: FeatureFrame
    after: FeatureFrame
    then: Model | None
    now: Model | None
    explains: Model

    @property
    def versions(self) -> tuple[str | None, str | None]:
        first, last = (rows.columns["model_version"][0] for rows in self.records)
        return first, last

    def said(self, output: str) -> tuple[float, float]:
        """What was on record, in the unit that people are shown."""
        first, last = (float(rows.columns[output][0]) * PHRASES[output].scale for rows in self.records)
        return first, last


def _ends_of(pulse: Pulse, scorer: Scorer, earlier: PredictionRows, later: PredictionRows) -> _Both:
    before, after = (_features(pulse, row) for row in (earlier, later))
    versions = [rows.columns["model_version"][0] for rows in (earlier, later)]
    now = model_of(pulse, scorer, versions[1], after)
    then = now if versions[0] == versions[1] else model_of(pulse, scorer, versions[0], before)
    return _Both((earlier, later), before, after, then, now, now or scorer.model)


def _ends(rows: PredictionRows, from_us: int, until_us: int | None) -> tuple[PredictionRows, PredictionRows]:
    as_of_us = rows.columns["as_of_us"]
    until_us = int(as_of_us[-1]) if until_us is None and len(as_of_us) else until_us or 0
    last = int(np.searchsorted(as_of_us, until_us, side="right")) - 1
    first = max(int(np.searchsorted(as_of_us, from_us, side="right")) - 1, 0)
    if last <= first:
        shown = ", ".join(format_time(int(us)) for us in as_of_us[:3]) or "none"
        raise HistoryError(
            f"There are no two predictions of record between {format_time(from_us)} and {format_time(until_us)}"
            f" (the first of all: {shown}). Give times further apart; the history lists them."
        )
    return rows.take(np.array([first])), rows.take(np.array([last]))


def _features(pulse: Pulse, row: PredictionRows) -> FeatureFrame:
    kind: EntityType = "tutor" if row.entity_type == "tutor" else "student"
    as_of_us = int(row.columns["as_of_us"][0])
    return compute(pulse.store, kind, as_of_us, as_of_us, row.entity_ids, pulse.settings)


def _change(ends: _Both, output: str) -> OutputChange:
    old, new = (ends.explains.explain(frame, output, _ALL)[0] for frame in (ends.before, ends.after))
    value_from, value_to = ends.said(output)
    parts = _parts(ends, output, old, new)
    drivers = _moved(old, new) if old.drivers and new.drivers and parts.data is not None else []
    shown = drivers[:DRIVERS_SHOWN]
    return OutputChange(
        output=shown_name(output, ends.after.entity_type),
        unit=new.unit or old.unit,
        value_from=_known(value_from),
        value_to=_known(value_to),
        change=_known(value_to - value_from),
        drivers=tuple(shown),
        other=(parts.data or 0.0) - sum(driver.change for driver in shown),
        note=new.note or old.note or _gone(ends),
        sentence=_sentence(ends, output, shown, parts),
        data_change=parts.data,
        model_change=parts.model,
        rest=parts.rest,
        data_change_by_old_model=parts.data_by_old,
    )


@dataclass(frozen=True)
class _Parts:
    """Parts of a change in its unit, which add up to it; None where one end is not known. `data_by_old` is the data's part had the
    model stayed."""

    data: float | None
    model: float | None
    rest: float | None
    data_by_old: float | None


def _parts(ends: _Both, output: str, old: Explanation, new: Explanation) -> _Parts:
    first, last = ends.said(output)
    total, data = last - first, new.prediction - old.prediction
    if np.isnan(total) or np.isnan(data):
        return _Parts(None, None, None, None)
    if ends.then is None or ends.now is None:
        same = ends.versions[0] == ends.versions[1]
        return _Parts(data, 0.0 if same else total - data, total - data if same else 0.0, None)
    then_from, then_to = (_predicted(ends.then, frame, output) for frame in (ends.before, ends.after))
    model = 0.0 if ends.then is ends.now else old.prediction - then_from
    if np.isnan(model):
        return _Parts(data, total - data, 0.0, None)
    return _Parts(data, model, total - data - model, _known(then_to - then_from))


def _predicted(model: Model, frame: FeatureFrame, output: str) -> float:
    return float(getattr(model.predict(frame), output)[0]) * PHRASES[output].scale


def _gone(ends: _Both) -> str:
    missing = [
        version
        for version, model in zip(ends.versions, (ends.then, ends.now), strict=True)
        if model is None and version is not None
    ]
    named = " and ".join(dict.fromkeys(missing))
    return f"model {named} is no longer here: the model's part is what the data's leaves" if named else ""


def _moved(old: Explanation, new: Explanation) -> list[DriverChange]:
    """Every feature that has a share in either, the largest change first."""
    none = Driver("", float("nan"), 0.0)
    before, after = ({driver.feature: driver for driver in e.drivers} for e in (old, new))
    changes = [_driver(name, before.get(name, none), after.get(name, none)) for name in {**before, **after}]
    return sorted((c for c in changes if c.change), key=lambda c: (-abs(c.change), c.feature))


def _driver(name: str, old: Driver, new: Driver) -> DriverChange:
    change = new.contribution - old.contribution
    return DriverChange(
        name, _known(old.value), _known(new.value), old.contribution, new.contribution, change
    )


def _sentence(ends: _Both, output: str, shown: Sequence[DriverChange], parts: _Parts) -> str:
    scale = PHRASES[output].scale
    first, last = (value / scale for value in ends.said(output))
    if np.isnan(last):
        return ""
    days = max(round((ends.after.as_of_us - ends.before.as_of_us) / DAY_US), 1)
    earlier = None if np.isnan(first) else Earlier(first, days)
    along = [d for d in shown if d.change * (parts.data or 0.0) > 0 and d.value_to is not None]
    reasons = [(d.feature, d.value_to) for d in along[:_REASONS] if d.value_to is not None]
    model = None if parts.model is None else parts.model / scale
    return sentence(output, last, ends.after.entity_type, earlier, reasons, model)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

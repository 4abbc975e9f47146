"""Why a prediction moved between two dates."""

from collections.abc import Sequence

import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.sentences import Earlier, sentence, shown_name
from tutorpulse.errors import HistoryError
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.explain import Driver, Explanation
from tutorpulse.service.page import find, standings
from tutorpulse.service.queries.shapes import Comparison, DriverChange, History, OutputChange
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
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
    pulse: Pulse, scorer: Scorer, kind: EntityType, entity_id: str, from_us: int, until_us: int
) -> Comparison:
    """What moved an entity's predictions from the one of record at `from_us` (the newest until then, else its first) to the one at
    `until_us`. Each is explained from the features that were known at its time.

    Raises:
        UnknownEntityError: there is no such entity.
        HistoryError: it has no two predictions of record within the times.
        ModelError: no model serves its kind.
    """
    find(pulse, entity_id, kind)
    earlier, later = _ends(pulse.state.predictions.history(kind, entity_id), from_us, until_us)
    before, after = (_features(pulse, row) for row in (earlier, later))
    return Comparison(
        entity_id=entity_id,
        entity_type=kind,
        earlier=standings(earlier)[0],
        later=standings(later)[0],
        models=(earlier.columns["model_version"][0], later.columns["model_version"][0]),
        model_in_force=scorer.model.version,
        outputs=tuple(_change(scorer, output, before, after) for output in COMPARED),
    )


def _ends(rows: PredictionRows, from_us: int, until_us: int) -> tuple[PredictionRows, PredictionRows]:
    as_of_us = rows.columns["as_of_us"]
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


def _change(scorer: Scorer, output: str, before: FeatureFrame, after: FeatureFrame) -> OutputChange:
    old, new = (scorer.model.explain(frame, output, _ALL)[0] for frame in (before, after))
    drivers = _moved(old, new)
    total = _known(new.prediction - old.prediction)
    shown = drivers[:DRIVERS_SHOWN] if total is not None else ()
    return OutputChange(
        output=shown_name(output, after.entity_type),
        unit=new.unit,
        value_from=_known(old.prediction),
        value_to=_known(new.prediction),
        change=total,
        drivers=tuple(shown),
        other=0.0 if total is None else total - sum(driver.change for driver in shown),
        note=new.note or old.note,
        sentence=_sentence(output, before, after, new, old, shown),
    )


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


def _sentence(
    output: str,
    before: FeatureFrame,
    after: FeatureFrame,
    new: Explanation,
    old: Explanation,
    shown: Sequence[DriverChange],
) -> str:
    if np.isnan(new.prediction):
        return new.note
    days = max(round((after.as_of_us - before.as_of_us) / DAY_US), 1)
    scale = 0.01 if new.unit == "percentage points" else 1.0
    earlier = None if np.isnan(old.prediction) else Earlier(old.prediction * scale, days)
    along = [d for d in shown if d.change * (new.prediction - old.prediction) > 0 and d.value_to is not None]
    reasons = [(d.feature, d.value_to) for d in along[:_REASONS] if d.value_to is not None]
    return sentence(output, new.prediction * scale, after.entity_type, earlier, reasons)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""One sentence in plain English about one prediction, written from facts."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.decisions.phrases import PERCENT, PHRASES, Phrase
from tutorpulse.features.frame import EntityType

_TUTOR_NAME_OF = {output: name for name, output in TUTOR_NAMES.items()}


@dataclass(frozen=True)
class Earlier:
    """What the same fact was, some days ago."""

    value: float
    days_ago: int

    @property
    def when(self) -> str:
        """ "a week ago", "3 days ago"."""
        return {1: "a day ago", 7: "a week ago"}.get(self.days_ago, f"{self.days_ago} days ago")


def sentence(
    fact: str,
    value: float,
    entity_type: EntityType,
    earlier: Earlier | None = None,
    reasons: Iterable[tuple[str, float]] = (),
    by_model: float | None = None,
) -> str:
    """Such as "Burnout risk 62 % (was 35 % a week ago): utilization 97 %, ratings falling 0.4 stars a week".

    `reasons` are facts by name with their raw values; two that read the same are told once. An earlier value that reads the same is
    left out. `by_model` is what another model, and not the facts, added since; what rounds to nothing is left out.
    """
    told = PHRASES[shown_name(fact, entity_type)]
    start = told.told(value)
    if earlier and told.number(earlier.value) != told.number(value):
        start += f" (was {after(told.number(earlier.value), earlier.when)})"
    listed = ", ".join(dict.fromkeys([PHRASES[name].told(reason) for name, reason in reasons]))
    start += f": {listed}" if listed else ""
    moved = _by_model(told, by_model)
    start += f"; {moved}" if moved else ""
    return start[:1].upper() + start[1:]


def after(number: str, when: str) -> str:
    """A value and when it was so: "0.3 a week, a week ago" where the two would run into each other."""
    return f"{number}, {when}" if number.endswith(" week") and when.startswith("a ") else f"{number} {when}"


def _by_model(told: Phrase, by_model: float | None) -> str:
    """Such as "a change of the model adds 5 points"."""
    if by_model is None or np.isnan(by_model) or round(by_model * told.scale, told.digits) == 0:
        return ""
    amount = f"{abs(by_model) * told.scale:,.{told.digits}f}"
    unit = "points" if told.unit in (PERCENT, "") else told.unit
    unit = "point" if unit == "points" and amount == "1" else unit
    return f"a change of the model {'adds' if by_model > 0 else 'takes off'} {amount} {unit}"


def what_if_sentence(
    fact: str, entity_type: EntityType, now: float, then: float, changes: Iterable[tuple[str, float, float]]
) -> str:
    """Such as "With 2 sessions agreed for later (now none), burnout risk would be 38 % instead of 62 %, as the model reckons".

    `changes` are facts by name with their raw values now and then; at least one.
    """
    told = PHRASES[shown_name(fact, entity_type)]
    listed = [_changed(PHRASES[name], before, after) for name, before, after in changes]
    facts = ", ".join(listed[:-1]) + (" and " if len(listed) > 1 else "") + listed[-1]
    would = f"{told.label} would be {told.number(then)} instead of {told.number(now)}"
    return f"With {facts}, {would}, as the model reckons"


def _changed(told: Phrase, before: float, after: float) -> str:
    if told.flag:
        return told.told(after)
    was = told.number(before)
    return f"{told.told(after)} (now {'none' if was == '0' else was})"


def shown_name(fact: str, entity_type: EntityType) -> str:
    """What an output is called for this kind of entity: a tutor's churn risk is a burnout risk."""
    return _TUTOR_NAME_OF.get(fact, fact) if entity_type == "tutor" else fact

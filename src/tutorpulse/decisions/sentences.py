"""One sentence in plain English about one prediction, written from facts."""

from collections.abc import Iterable
from dataclasses import dataclass

from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.decisions.phrases import PHRASES
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
) -> str:
    """Such as "Burnout risk 62 % (was 35 % a week ago): utilization 97 %, ratings falling 0.4 stars a week".

    `reasons` are facts by name with their raw values. An earlier value that reads the same is left out.
    """
    told = PHRASES[shown_name(fact, entity_type)]
    start = told.told(value)
    if earlier and told.number(earlier.value) != told.number(value):
        start += f" (was {told.number(earlier.value)} {earlier.when})"
    listed = ", ".join(PHRASES[name].told(reason) for name, reason in reasons)
    return (start[:1].upper() + start[1:]) + (f": {listed}" if listed else "")


def shown_name(fact: str, entity_type: EntityType) -> str:
    """What an output is called for this kind of entity: a tutor's churn risk is a burnout risk."""
    return _TUTOR_NAME_OF.get(fact, fact) if entity_type == "tutor" else fact

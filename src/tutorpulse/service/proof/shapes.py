"""What trials of playbooks show. An import of this module loads no database and no model, so that a client can share it."""

import msgspec

from tutorpulse.features.frame import EntityType


class ShownEffect(msgspec.Struct, frozen=True):
    """The effect of acting on one outcome: acted minus held out, in `unit` (percentage points, or sessions a week).

    `low` to `high` is the 95 % interval for one look, `always_low` to `always_high` the one for every look; `decided`: the
    latter excludes no effect. All are None while `acted` and `held` known outcomes are not enough; `sentence` says so.
    """

    outcome: str
    unit: str
    acted: int
    held: int
    acted_mean: float | None
    held_mean: float | None
    effect: float | None
    low: float | None
    high: float | None
    always_low: float | None
    always_high: float | None
    decided: bool
    sentence: str


class Uplift(msgspec.Struct, frozen=True):
    """Whether it is known who is helped: coefficients of the effect on exits (None: not), and the sentence that says why."""

    coefficients: dict[str, float] | None
    sentence: str


class Playbook(msgspec.Struct, frozen=True):
    """One trial: how many are enrolled in each arm, and the share of each for whom somebody acted within 30 days."""

    rule: str
    salt: str
    entity_type: EntityType
    action: str
    measured: str
    enrolled_acted: int
    enrolled_held: int
    acted_on_share: float | None
    held_acted_on_share: float | None
    effects: tuple[ShownEffect, ...]
    helped: float | None
    uplift: Uplift
    sentence: str


class Playbooks(msgspec.Struct, frozen=True):
    """Every trial, and what none of them can tell."""

    items: tuple[Playbook, ...]
    limits: tuple[str, ...]


LIMITS = (
    "Tutors of one subject share its students, and helping one may cost another. Each one's outcome is taken to hang on "
    "their own action alone; where several of a subject are acted on, the effect on the subject as a whole may be smaller.",
    "The effect is that of suggesting the action: where nobody acted on the suggestion, it is smaller than that of acting.",
    "It is the average over those whom the rule spoke of at the time, not that for one person, nor for others.",
)
"""Said with every answer."""

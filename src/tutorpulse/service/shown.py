"""What is shown of one tutor or student: the shapes, apart from the rooms that fill them."""

import msgspec

from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.features.frame import EntityType
from tutorpulse.service.worklist.shapes import ShownOverride, ShownState


class Standing(msgspec.Struct, frozen=True):
    """A prediction as it was of a time: outputs by the name they are shown under (None: not known).

    `intervals` holds the lower and upper bound between which nine of ten come to lie, of the outputs that have one: the velocity, where
    the model has an interval and the value is not its cohort's.
    """

    as_of: str | None
    segment: str | None
    outputs: dict[str, float | None]
    intervals: dict[str, tuple[float, float]] = {}


class ShownFact(msgspec.Struct, frozen=True):
    """One feature: its value is None where it is missing."""

    name: str
    group: str
    value: float | None
    unit: str


class ShownDriver(msgspec.Struct, frozen=True):
    """What one feature adds to an output, in the output's unit."""

    feature: str
    value: float | None
    contribution: float


class ShownExplanation(msgspec.Struct, frozen=True):
    """Why an output differs from the average: `average` + drivers + `rest` = `prediction`; `note` where there are none."""

    output: str
    unit: str
    prediction: float | None
    average: float | None
    drivers: tuple[ShownDriver, ...]
    rest: float
    note: str


class ShownRecommendation(msgspec.Struct, frozen=True):
    """A suggestion whose reason still holds, with the facts that triggered it."""

    recommendation_id: str
    action: str
    rule: str
    opened: str
    facts: tuple[Trigger, ...]


class Page(msgspec.Struct, frozen=True):
    """One entity: status, current prediction, history of record, explanations, facts, recommendations, insights.

    Segments are the model's; where somebody set one by hand `override` has it. `set_apart` is what an operator knows: paused,
    on leave, at their goal.
    """

    entity_id: str
    entity_type: EntityType
    status: str
    confidence: str | None
    from_cohort: bool
    frozen: bool
    stale: bool
    model_version: str | None
    current: Standing
    history: tuple[Standing, ...]
    explanations: tuple[ShownExplanation, ...]
    recommendations: tuple[ShownRecommendation, ...]
    insights: tuple[Insight, ...]
    facts: tuple[ShownFact, ...]
    override: ShownOverride | None = None
    set_apart: ShownState | None = None

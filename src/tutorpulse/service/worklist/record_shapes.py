"""What is held about one tutor or student. An import of this module loads no database and no model."""

import msgspec

from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.alert_shapes import ShownAlert
from tutorpulse.service.shown import Page
from tutorpulse.service.worklist.shapes import (
    ShownAction,
    ShownFeedback,
    ShownOverride,
    ShownReview,
    ShownState,
    Task,
)


class EventSpan(msgspec.Struct, frozen=True):
    """How many events of a type name somebody, and when the first and the last of them happened."""

    event_type: str
    count: int
    first: str
    last: str


class TrialPart(msgspec.Struct, frozen=True):
    """A trial of a playbook that somebody takes part in: `hold` means that its action is not suggested until `until`."""

    rule: str
    arm: str
    enrolled: str
    until: str | None


class ShadowSpan(msgspec.Struct, frozen=True):
    """How many predictions a model in shadow made of somebody, and the first and last moment; they are shown nowhere."""

    model_version: str
    count: int
    first: str
    last: str


class Record(msgspec.Struct, frozen=True):
    """All that is held about one tutor or student, why the scores are what they are, and who acted on them.

    `why` is in plain words; `page` has the predictions with their history, and every feature; `trail` is who did what, oldest
    first; `principles` says what is done with it.
    """

    entity_type: EntityType
    entity_id: str
    made: str
    events: tuple[EventSpan, ...]
    why: tuple[str, ...]
    page: Page
    states: tuple[ShownState, ...]
    overrides: tuple[ShownOverride, ...]
    tasks: tuple[Task, ...]
    trials: tuple[TrialPart, ...]
    feedback: tuple[ShownFeedback, ...]
    reviews: tuple[ShownReview, ...]
    alerts: tuple[ShownAlert, ...]
    trail: tuple[ShownAction, ...]
    principles: tuple[str, ...]
    shadow: tuple[ShadowSpan, ...] = ()


PRINCIPLES = (
    "Nothing here acts by itself on anybody's access or pay: scores and segments suggest what a person might do, no more.",
    "Risks are estimates from events. They can be wrong, and say nothing about anybody's worth.",
    "Anybody may ask that a person look at this record: `tutorpulse reviews ask`, or POST /v1/reviews. Answers name who gave them.",
    "Erasing removes all of this, events included: `tutorpulse erase`.",
)

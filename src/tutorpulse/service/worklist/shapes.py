"""The shapes of the work list. Risks and shares are 0 to 1; times are RFC 3339; None is not known, or not so.

An import of this module loads no database and no model, so that a client can share it.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.decisions.tasks import OperatorState, Outcome, Verdict
from tutorpulse.features.frame import EntityType

Note = Annotated[str, Meta(max_length=2_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class ShownOverride(msgspec.Struct, frozen=True):
    """A segment that `owner` set by hand until `expires`; `in_force` until then, unless it was ended."""

    override_id: str
    entity_type: EntityType
    entity_id: str
    segment: str
    owner: str
    reason: str
    since: str
    expires: str
    in_force: bool
    ended: str | None = None
    ended_by: str | None = None


class ShownState(msgspec.Struct, frozen=True):
    """What an operator knows of somebody: `holds` until `until` (None: until it is ended)."""

    state_id: str
    entity_type: EntityType
    entity_id: str
    state: str
    set_by: str
    note: str | None
    since: str
    until: str | None
    holds: bool
    ended: str | None = None
    ended_by: str | None = None


class ShownAction(msgspec.Struct, frozen=True):
    """Who did what, when; `about` is the id of what it concerns."""

    time: str
    done_by: str
    action: str
    about: str | None
    note: str | None
    detail: str | None


class Task(msgspec.Struct, frozen=True):
    """One thing to do. `benefit` is what acting is worth: risk × value at stake × how much such an action has helped.

    `worth` is what 30 days of the entity are worth, in `unit`; `helped` the share of exits that such an action avoids (1 for
    all while nothing was measured). `override` is set where the segment is one that somebody set by hand.
    """

    task_id: str
    state: str
    entity_type: EntityType
    entity_id: str
    action: str
    rule: str
    owner: str | None
    opened: str
    due: str | None
    overdue: bool
    snoozed_until: str | None
    outcome: str | None
    decided: str | None
    decided_by: str | None
    note: str | None
    risk: float | None
    worth: float | None
    unit: str | None
    helped: float
    benefit: float
    status: str | None
    segment: str | None
    override: ShownOverride | None
    facts: tuple[Trigger, ...]


class TaskList(msgspec.Struct, frozen=True):
    """A page of tasks, most worth first; `next_cursor` gives the next one, None on the last."""

    items: tuple[Task, ...]
    next_cursor: str | None


class TaskPage(msgspec.Struct, frozen=True):
    """One task, with all that was done about it, oldest first."""

    task: Task
    trail: tuple[ShownAction, ...]


class TaskChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to make of a task. `until` is for `snoozed`, `owner` for `assigned` (None: nobody), `outcome` for `done`."""

    move: Literal["done", "dismissed", "snoozed", "assigned", "noted"]
    note: Note | None = None
    outcome: Outcome | None = None
    until: str | None = None
    owner: Name | None = None


class OverrideRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment to set by hand until `expires`; `owner` answers for it, the caller where none is given."""

    entity_type: EntityType
    entity_id: Name
    segment: str
    expires: str
    reason: Reason
    owner: Name | None = None


class OverrideList(msgspec.Struct, frozen=True):
    """Overrides by kind and entity."""

    items: tuple[ShownOverride, ...]


class StateRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A state to put somebody into, until a time or until it is ended."""

    entity_type: EntityType
    entity_id: Name
    state: OperatorState
    until: str | None = None
    note: Note | None = None


class StateList(msgspec.Struct, frozen=True):
    """States that operators set, by kind and entity."""

    items: tuple[ShownState, ...]


class VerdictRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict on what is predicted now: `about` is an output by either name, or `segment`."""

    entity_type: EntityType
    entity_id: Name
    about: str
    verdict: Verdict
    reason: Note | None = None


class ShownFeedback(msgspec.Struct, frozen=True):
    """A verdict, with what was predicted when it was given."""

    feedback_id: str
    entity_type: EntityType
    entity_id: str
    about: str
    verdict: str
    reason: str | None
    given_by: str
    given: str
    segment: str | None
    predicted: float | None
    as_of: str | None
    model_version: str | None


class FeedbackCount(msgspec.Struct, frozen=True):
    """How many verdicts there are on one output, and the share of them that confirm it."""

    entity_type: EntityType
    about: str
    confirmed: int
    wrong: int
    share_confirmed: float


class FeedbackCounts(msgspec.Struct, frozen=True):
    """By kind and output."""

    items: tuple[FeedbackCount, ...]


class ReviewRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That a person look at what is held and predicted about somebody."""

    entity_type: EntityType
    entity_id: Name
    reason: Reason


class ReviewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person found: everything `upheld`, or something `changed`, and what in words."""

    outcome: Literal["upheld", "changed"]
    answer: Reason


class ShownReview(msgspec.Struct, frozen=True):
    """A request for review; open until it has an answer."""

    review_id: str
    entity_type: EntityType
    entity_id: str
    state: Literal["open", "answered"]
    asked: str
    asked_by: str
    reason: str
    answered: str | None
    answered_by: str | None
    outcome: str | None
    answer: str | None


class ReviewList(msgspec.Struct, frozen=True):
    """Requests for review, oldest first."""

    items: tuple[ShownReview, ...]

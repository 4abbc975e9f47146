"""The shapes of answers. Risks and shares are 0 to 1, health 0 to 100, velocity completed sessions a week; times are RFC 3339.

None is not known. An import of this module loads no database and no model, so that a client can share it.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tutorpulse.decisions.insights import Insight
from tutorpulse.features.frame import EntityType
from tutorpulse.service.shown import Standing
from tutorpulse.training.track.shapes import Expected, Interval, Moved, OutputFigures


class EventReceipt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one event: its place in the body (from 0), its id if it has one, and why it was rejected.

    `field` is the dotted path of what is wrong, absent where it is the event as a whole.
    """

    index: int
    status: str
    event_id: str | None = None
    reason: str | None = None
    field: str | None = None


class PostReceipt(msgspec.Struct, frozen=True):
    """What became of a body. What is accepted is on disk; duplicates were there before; rejects are kept, to be replayed.

    `events` holds, in the order of the body, those that were not accepted; with `?detail=all` every one.
    """

    accepted: int
    duplicate: int
    rejected: int
    events: list[EventReceipt]


class Ingested(msgspec.Struct, frozen=True):
    """What `POST /ingest` answers: accepted, duplicate or rejected, the event's id if it has one, and why."""

    status: str
    event_id: str | None
    message: str


class FieldError(msgspec.Struct, frozen=True):
    """One field of the request that is wrong, and why."""

    field: str
    reason: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as it is answered."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    """One scored entity. `frozen`: no longer scored, the last prediction stays; `stale`: the model could not be reached.

    Where `override_owner` set the segment by hand, until `override_expires`, `model_segment` is what the model says.
    `operator_state` is what an operator set: paused, on leave, goal reached. Nine of ten velocities come to lie between
    `session_velocity_low` and `session_velocity_high`; None where the model has no such interval.
    """

    entity_id: str
    status: str
    segment: str | None
    health_score: float | None
    session_velocity: float | None
    first_session_success: float | None
    already_gone: float | None
    inactive_14d: float | None
    inactive_30d: float | None
    confidence: str | None
    from_cohort: bool
    frozen: bool
    stale: bool
    model_version: str | None
    as_of: str | None
    model_segment: str | None = None
    override_owner: str | None = None
    override_expires: str | None = None
    operator_state: str | None = None
    session_velocity_low: float | None = None
    session_velocity_high: float | None = None


class TutorItem(_Item, frozen=True, kw_only=True):
    """One tutor of a list, with the current prediction."""

    entity_type: Literal["tutor"] = "tutor"
    burnout_risk: float | None
    burnout_risk_30d: float | None


class StudentItem(_Item, frozen=True, kw_only=True):
    """One student of a list, with the current prediction."""

    entity_type: Literal["student"] = "student"
    churn_risk_14d: float | None
    churn_risk_30d: float | None


class TutorList(msgspec.Struct, frozen=True):
    """A page of tutors; `next_cursor` gives the next one, None on the last."""

    items: list[TutorItem]
    next_cursor: str | None


class StudentList(msgspec.Struct, frozen=True):
    """A page of students; `next_cursor` gives the next one, None on the last."""

    items: list[StudentItem]
    next_cursor: str | None


class History(msgspec.Struct, frozen=True):
    """The predictions of record of one entity, oldest first: the first of each UTC day and each change of segment."""

    entity_id: str
    entity_type: EntityType
    items: tuple[Standing, ...]


class DriverChange(msgspec.Struct, frozen=True):
    """One feature at both times, what it added to the output then and now, and the difference of the two."""

    feature: str
    value_from: float | None
    value_to: float | None
    contribution_from: float
    contribution_to: float
    change: float


class OutputChange(msgspec.Struct, frozen=True):
    """How one output moved between what was on record at both times, in `unit`, and the features that moved it most.

    `change` = `data_change` + `model_change` + `rest`. The data's part is what the later features change in the model of the later
    record: `drivers`, and `other` for those that are not listed. The model's part is what that model says of the earlier features beyond what
    the earlier one said. `rest` is what the features of then, read again, cannot reproduce. `data_change_by_old_model` is the
    data's part had the model stayed (None: it is no longer here). `note` says why a part or the drivers are missing.
    """

    output: str
    unit: str
    value_from: float | None
    value_to: float | None
    change: float | None
    drivers: tuple[DriverChange, ...]
    other: float
    note: str
    sentence: str
    data_change: float | None = None
    model_change: float | None = None
    rest: float | None = None
    data_change_by_old_model: float | None = None


class Comparison(msgspec.Struct, frozen=True):
    """Why an entity's predictions moved between two of its predictions of record.

    Features are those known at either time, both explained by the model of the later record (by the one in force where it is no longer
    here): `models` names the versions that made the two; each output tells what a change of the model did apart.
    """

    entity_id: str
    entity_type: EntityType
    earlier: Standing
    later: Standing
    models: tuple[str | None, str | None]
    model_in_force: str
    outputs: tuple[OutputChange, ...]


class SegmentShare(msgspec.Struct, frozen=True):
    """One segment of one kind: how many are in it, and their share of those who have one."""

    entity_type: EntityType
    segment: str
    count: int
    share: float | None


class Segments(msgspec.Struct, frozen=True):
    """Every segment, best first, by kind; how many have which status; how many each subject has."""

    segments: tuple[SegmentShare, ...]
    statuses: dict[EntityType, dict[str, int]]
    subjects: dict[EntityType, dict[str, int]]


class Move(msgspec.Struct, frozen=True):
    """Who left a segment and entered another; None where the entity was not scored before, or is no longer (see `status`)."""

    entity_id: str
    entity_type: EntityType
    time: str
    left: str | None
    entered: str | None
    status: str


class MoveList(msgspec.Struct, frozen=True):
    """A page of moves, oldest first; `next_cursor` gives what came after, also once more has come."""

    items: list[Move]
    next_cursor: str


class InsightCounts(msgspec.Struct, frozen=True):
    """Counts over all insights that were asked for, on every page of them; `critical` are scores of 80 and above."""

    total: int
    critical: int
    average_risk_score: float | None
    highest_risk_score: float | None
    by_entity_type: dict[str, int]
    by_prediction_type: dict[str, int]


class InsightList(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of insights, the last written first; `nextToken` gives the next page, absent on the last."""

    insights: list[Insight]
    count: int
    next_token: str | None = msgspec.field(default=None, name="nextToken")
    aggregations: InsightCounts | None = None


class ModelFigures(msgspec.Struct, frozen=True):
    """What a model knows of one kind: on how much it was fitted, and its figures on held-out later time, by output."""

    entity_type: EntityType
    churn_label: str
    exit_gap_days: int | None
    rows: int
    entities: int
    held_out: str
    metrics: dict[str, dict[str, float | int]]


class Model(msgspec.Struct, frozen=True):
    """One model: when it was made and of what; `in_force` for the kinds that it serves now."""

    version: str
    created: str
    data_from: str
    data_to: str
    feature_set_hash: str
    starter: bool
    in_force: bool
    kinds: tuple[ModelFigures, ...]


class Models(msgspec.Struct, frozen=True):
    """The models of a home, newest data last, the starter first; `serving` is the version of predictions made now, `shadow` that of
    those made beside them without being shown."""

    serving: str | None
    models: tuple[Model, ...]
    shadow: str | None = None


class ModelTurn(msgspec.Struct, frozen=True):
    """When a model was trained, promoted, refused, taken back or set in shadow, by whom and why. `version`, `previous` None: the starter alone."""

    at: str
    action: str
    version: str | None
    previous: str | None
    actor: str
    reason: str


class ModelHistory(msgspec.Struct, frozen=True):
    """What became of the home's models, newest first."""

    items: tuple[ModelTurn, ...]


class ModelChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which saved model, or `starter`, is to serve or to score in shadow, and why."""

    version: Annotated[str, Meta(max_length=128)]
    reason: Annotated[str, Meta(max_length=2_000)] = ""


class ModelEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a model is to serve, or to score in shadow, no longer."""

    reason: Annotated[str, Meta(max_length=2_000)] = ""


class ModelChange(msgspec.Struct, frozen=True):
    """The version that serves, or scores in shadow, now, and the one before; None: the starter alone serves, nothing is in shadow."""

    version: str | None
    previous: str | None


class KindDrift(msgspec.Struct, frozen=True):
    """The drift of one kind since `reference`: what its risks promise, and the features that moved them most."""

    entity_type: EntityType
    model_version: str
    reference: str
    as_of: str
    rows_then: int
    rows_now: int
    outputs: tuple[Expected, ...]
    features: tuple[Moved, ...]
    drifting: bool
    sentence: str


class Drift(msgspec.Struct, frozen=True):
    """The newest judgement of each kind; none before the first upkeep."""

    items: tuple[KindDrift, ...]


class TrackItem(msgspec.Struct, frozen=True):
    """How one output of one model did in one month (`2026-03`, when the predictions were made, UTC), as of `judged`.

    `final`: nothing of the month is left to come, and its figures stay. `shadow`: the model scored beside the one in force and was not shown.
    """

    entity_type: EntityType
    output: str
    model_version: str
    month: str
    judged: str
    final: bool
    figures: OutputFigures
    shadow: bool = False


class TrackLine(msgspec.Struct, frozen=True):
    """What became of those flagged in the newest month whose outcomes are all known: a risk of 14 days above `bound`.

    `left` is the share of the flagged predictions that came true, `left_of_all` of all predictions of the month.
    """

    entity_type: EntityType
    month: str
    bound: float
    flagged: int
    left: Interval | None
    left_of_all: float
    sentence: str


class TrackRecord(msgspec.Struct, frozen=True):
    """What came true of the predictions of record: a line for each kind, and the figures, newest month first.

    `first_due` is when the first outcome will be taken down, None where one was or nothing was predicted yet.
    """

    lines: tuple[TrackLine, ...]
    first_due: str | None
    items: tuple[TrackItem, ...]


class FeatureEntry(msgspec.Struct, frozen=True):
    """One feature of the catalog. `place` is its place among the 46 of the wire contract, from 1; None: context."""

    name: str
    entity_type: EntityType
    place: int | None
    group: str
    unit: str
    sentence: str
    healthy: str
    reach: str


class FeatureCatalog(msgspec.Struct, frozen=True):
    """Every feature, with the hash of all definitions."""

    hash: str
    features: tuple[FeatureEntry, ...]


class ShownReject(msgspec.Struct, frozen=True):
    """An event that broke the contract, whole, with the reason and the dotted path of the field (empty: the event itself)."""

    reject_id: str
    state: str
    reason: str
    field: str
    source: str
    place: int
    received: str
    event: Any


class RejectList(msgspec.Struct, frozen=True):
    """A page of rejects in order of source and place; `next_cursor` gives the next one, None on the last."""

    items: list[ShownReject]
    next_cursor: str | None


class StillRejected(msgspec.Struct, frozen=True):
    """Why an event that was tried again is none still."""

    source: str
    place: int
    reason: str
    field: str


class Replayed(msgspec.Struct, frozen=True):
    """What became of rejects that were tried again; `rejects` are the first few that still are none."""

    tried: int
    replayed: int
    rejects: tuple[StillRejected, ...]


class RejectToTry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reject by its id; `event`, where given, is tried in place of what came in."""

    reject_id: str
    event: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class ReplayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rejects to try again; without `rejects` all that are open."""

    rejects: Annotated[tuple[RejectToTry, ...], Meta(max_length=10_000)] | None = None


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a recommendation, and a note on it."""

    state: Literal["done", "dismissed"]
    note: Annotated[str, Meta(max_length=2_000)] | None = None


class Decided(msgspec.Struct, frozen=True):
    """A recommendation as it is marked now, by the key of that name."""

    recommendation_id: str
    state: str
    decided_by: str
    decided: str
    note: str | None

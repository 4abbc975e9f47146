"""The work list: what is to be done, in order of what doing it is worth, and what operators make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tutorpulse.clock import format_time, parse_time
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.decisions.tasks import check_move
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries import cursors
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import ShownOverride, Task, TaskChange, TaskList, TaskPage
from tutorpulse.service.worklist.shown import shown_action, shown_override, time_or_none
from tutorpulse.service.worklist.telling import tell_log
from tutorpulse.service.worklist.values import known_helped
from tutorpulse.store.state import State
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.recommendations import RecommendationRow
from tutorpulse.store.state.tasks import TaskRow, TaskSelection, TaskState


@dataclass(frozen=True)
class Asked:
    """Which tasks; None lets all pass. `owner` "" asks for those of nobody."""

    state: TaskState = "open"
    kind: EntityType | None = None
    entity_id: str | None = None
    owner: str | None = None
    rule: str | None = None
    due_before: str | None = None
    cursor: str | None = None
    limit: int = 100


def listed(pulse: Pulse, asked: Asked) -> TaskList:
    """One page of the list, most worth first. Values change while pages are turned: a task may be missed or come twice.

    Raises:
        InputError: the cursor is none of this list, or a time is none.
    """
    now_us = moment_us(pulse)
    rows = pulse.state.tasks.page(_selection(pulse.state, asked, now_us))
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    following = cursors.encode(_position(rows[-1])) if more else None
    return TaskList(_shown(pulse.state, rows, now_us), following)


def task_page(pulse: Pulse, task_id: str) -> TaskPage:
    """One task with its trail.

    Raises:
        UnknownEntityError: there is none of that id.
    """
    now_us = moment_us(pulse)
    row = pulse.state.tasks.get(task_id, _plain(pulse.state, now_us))
    trail = tuple(map(shown_action, pulse.state.actions.about(task_id)))
    return TaskPage(_shown(pulse.state, [row], now_us)[0], trail)


def all_of(pulse: Pulse, kind: EntityType, entity_id: str) -> tuple[Task, ...]:
    """Every task of one entity, whatever became of it, the newest first; not those that it is held out of now."""
    now_us = moment_us(pulse)
    plain = _plain(pulse.state, now_us)
    told = pulse.state.recommendations.of_entity(kind, entity_id)
    rows = [
        pulse.state.tasks.get(row.recommendation_id, plain)
        for row in sorted(told, key=lambda row: (-row.opened_us, row.recommendation_id))
        if (row.held_us or 0) <= now_us
    ]
    return _shown(pulse.state, rows, now_us)


def change_task(pulse: Pulse, task_id: str, change: TaskChange, by: str) -> TaskPage:
    """Make of a task what `change` says, in the name of `by`; doing it is told to the log as `action_taken`.

    The log first: where the state fails after it, doing it again adds no second event.

    Raises:
        UnknownEntityError: there is no such task. InputError: it cannot become that, or `change` lacks what it needs.
    """
    now_us = moment_us(pulse)
    row = pulse.state.tasks.get(task_id, _plain(pulse.state, now_us))
    check_move(row.recommendation.state, change.move)
    until_us = _until_us(change, now_us)
    if change.move == "done":
        _tell_done(pulse, row.recommendation, now_us)
    with pulse.state.transaction():
        _write(pulse.state, task_id, change, by, now_us, until_us)
        pulse.state.actions.add(_deed(row.recommendation, change, by, now_us))
    return task_page(pulse, task_id)


def _write(
    state: State, task_id: str, change: TaskChange, by: str, now_us: int, until_us: int | None
) -> None:
    if change.move in ("done", "dismissed"):
        state.recommendations.decide(task_id, change.move, now_us, by, change.note)
        state.tasks.conclude(task_id, change.outcome)
    elif change.move == "snoozed":
        state.tasks.put_off(task_id, until_us)
    elif change.move == "assigned":
        state.tasks.assign(task_id, change.owner)


def _tell_done(pulse: Pulse, row: RecommendationRow, now_us: int) -> None:
    tell_log(
        pulse.store,
        "action_taken",
        f"task-{row.recommendation_id}",
        now_us,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        recommendation=row.rule,
    )


def _deed(row: RecommendationRow, change: TaskChange, by: str, now_us: int) -> ActionRow:
    detail = {"snoozed": change.until, "assigned": change.owner, "done": change.outcome}.get(change.move)
    return ActionRow(
        row.entity_type, row.entity_id, now_us, by, change.move, row.recommendation_id, change.note, detail
    )


def _until_us(change: TaskChange, now_us: int) -> int | None:
    if (change.until is not None) != (change.move == "snoozed"):
        raise InputError("`until` goes with snoozed, and snoozed needs it: until when is the task put off?")
    if change.outcome is not None and change.move != "done":
        raise InputError(f"`outcome` goes with done, not with {change.move}.")
    if change.owner is not None and change.move != "assigned":
        raise InputError(f"`owner` goes with assigned, not with {change.move}.")
    if change.move == "noted" and not change.note:
        raise InputError("There is nothing to note. Give a note.")
    if change.until is None:
        return None
    until_us = parse_time(change.until)
    if until_us <= now_us:
        raise InputError(f"{change.until} is past. Give a time to come.")
    return until_us


def _plain(state: State, now_us: int) -> TaskSelection:
    helped, otherwise = known_helped(state)
    return TaskSelection(now_us, helped=helped, helped_else=otherwise)


def _selection(state: State, asked: Asked, now_us: int) -> TaskSelection:
    helped, otherwise = known_helped(state)
    return TaskSelection(
        now_us,
        asked.state,
        asked.kind,
        asked.entity_id,
        asked.owner,
        asked.rule,
        None if asked.due_before is None else parse_time(asked.due_before),
        helped,
        otherwise,
        None if asked.cursor is None else cursors.decode(asked.cursor, tuple[float, float, str]),
        asked.limit + 1,
    )


def _position(row: TaskRow) -> tuple[float, float, str]:
    return row.benefit, row.recommendation.value, row.recommendation.recommendation_id


def _shown(state: State, rows: Sequence[TaskRow], now_us: int) -> tuple[Task, ...]:
    overrides = {
        (o.entity_type, o.entity_id): shown_override(o, now_us) for o in state.overrides.in_force(now_us)
    }
    return tuple(
        _task(row, overrides.get((row.recommendation.entity_type, row.recommendation.entity_id)), now_us)
        for row in rows
    )


def _task(row: TaskRow, override: ShownOverride | None, now_us: int) -> Task:
    told = row.recommendation
    return Task(
        task_id=told.recommendation_id,
        state=row.state,
        entity_type="tutor" if told.entity_type == "tutor" else "student",
        entity_id=told.entity_id,
        action=told.action,
        rule=told.rule,
        owner=told.owner,
        opened=format_time(told.opened_us),
        due=time_or_none(told.due_us),
        overdue=row.state == "open" and told.due_us is not None and told.due_us < now_us,
        snoozed_until=time_or_none(told.snoozed_us) if row.state == "snoozed" else None,
        outcome=told.outcome,
        decided=time_or_none(told.decided_us),
        decided_by=told.decided_by,
        note=told.note,
        risk=row.risk,
        worth=row.worth,
        unit=row.unit,
        helped=row.helped,
        benefit=row.benefit,
        status=row.status,
        segment=override.segment if override else row.segment,
        override=override,
        facts=msgspec.json.decode(told.facts, type=tuple[Trigger, ...]),
    )

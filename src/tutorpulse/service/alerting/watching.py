"""What the rules see of n entities of one kind, and what becomes of their alerts.

`watch` judges without reading alerts that operators change meanwhile; `apply` reads them, in the transaction that writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.alerts.levels import Levels, Numbers, levels
from tutorpulse.decisions.alerts.notices import notice_of
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.alerts.severity import NONE, About, rank
from tutorpulse.decisions.alerts.transitions import NOT_SCORED, Policy, Sighting, Step, not_scored, observed
from tutorpulse.service.alerting.rules import policy_of
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.alerts import AlertRow, ChangeRow, Standing
from tutorpulse.store.state.outbox import NoticeRow


@dataclass(frozen=True)
class Watched:
    """What the rules see of the `ids`, at `now_us`, of facts as of `as_of_us`.

    `unscored` are those about whom nothing is predicted any more, with the reason; with `whole` nobody else of the kind is there.
    """

    about: About
    ids: NDArray[np.object_]
    now_us: int
    as_of_us: int
    settings: Settings
    seen: tuple[tuple[AlertRule, Levels], ...] = ()
    whys: Mapping[tuple[str, int], str] = field(default_factory=dict)
    unscored: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


def watch(rules: Sequence[AlertRule], number: Numbers, about: About) -> tuple[tuple[AlertRule, Levels], ...]:
    """What each rule about this kind sees of the rows that `number` gives the facts of."""
    return tuple((rule, levels(rule, number)) for rule in rules if rule.about == about)


def apply(state: State, watched: Watched) -> int:
    """Bring the alerts of who was watched up to date, for the caller's transaction. Returns how many opened."""
    some = None if watched.whole else [*map(str, watched.ids), *watched.unscored]
    standing = state.alerts.standing(watched.about, some)
    looks = {rule.key: _look(watched, seen, standing.get(rule.key, {})) for rule, seen in watched.seen}
    moved = {key: look.moved for key, look in looks.items()}
    for key, look in looks.items():
        state.alerts.set_values(watched.about, key, look.values)
    ends = _ends(watched, standing)
    concerned = {*chain.from_iterable(moved.values()), *(who for who, _ in ends)}
    live = {(a.entity_id, a.rule): a for a in state.alerts.live(watched.about, concerned)}
    ended = [not_scored(live[key], watched.now_us, ends[key]) for key in live if key in ends]
    steps = [*_steps(state, watched, live, moved), *ended]
    write_steps(state, steps, watched.now_us)
    return sum("opened" in step.notices for step in steps)


@dataclass(frozen=True)
class _Look:
    """Of one rule: whose alert may open or turn, with their rows; and the values of whose alert changes in nothing else."""

    moved: dict[str, int]
    values: list[tuple[str, float | None]]


def _look(watched: Watched, seen: Levels, standing: Mapping[str, Standing]) -> _Look:
    ids = watched.ids.tolist()
    live = np.array([who in standing for who in ids], np.bool_)
    rows = np.flatnonzero(live)
    held = [standing[ids[row]] for row in rows]
    severity = np.array([rank(severity) for severity, _ in held], np.int8)
    value = np.array([np.nan if value is None else value for _, value in held], np.float64)
    turns, drifts = rows[seen.turns(rows, severity)], rows[seen.drifts(rows, severity, value)]
    opens = np.flatnonzero((seen.level > NONE) & ~live)
    values = zip(drifts.tolist(), seen.value[drifts].tolist(), strict=True)
    return _Look(
        {str(ids[row]): row for row in (*opens.tolist(), *turns.tolist())},
        [(str(ids[row]), None if np.isnan(now) else now) for row, now in values],
    )


def _ends(watched: Watched, standing: Mapping[str, Mapping[str, Standing]]) -> dict[tuple[str, str], str]:
    """By entity and rule, why an alert ends: about those who are not scored, or not there, any more; of rules that are gone."""
    rules, ids = {rule.key for rule, _ in watched.seen}, set(map(str, watched.ids))
    ends: dict[tuple[str, str], str] = {}
    for rule, those in standing.items():
        for who in those:
            if who in watched.unscored:
                ends[who, rule] = f"{NOT_SCORED}: {watched.unscored[who]}"
            elif watched.whole and who not in ids:
                ends[who, rule] = NOT_SCORED
            elif rule not in rules:
                ends[who, rule] = "the rule is gone"
    return ends


def write_steps(state: State, steps: Iterable[Step], now_us: int) -> None:
    """Write what alerts have become, with what is to be told of it."""
    rows: list[AlertRow] = []
    changes: list[ChangeRow] = []
    notices: list[NoticeRow] = []
    for step in steps:
        if step.alert is not None:
            rows.append(step.alert)
            notices += [_notice_row(step.alert, kind, now_us) for kind in step.notices]
        changes += step.changes
    if rows:
        state.alerts.write(rows, changes)
        state.outbox.tell(notices)


def _steps(
    state: State,
    watched: Watched,
    live: Mapping[tuple[str, str], AlertRow],
    moved: Mapping[str, Mapping[str, int]],
) -> list[Step]:
    opening = [who for key, those in moved.items() for who in those if (who, key) not in live]
    past = _past(state, watched, opening)
    steps: list[Step] = []
    for rule, seen in watched.seen:
        policy = policy_of(watched.settings, rule)
        for who, row in sorted(moved[rule.key].items()):
            key = (who, rule.key)
            step = _step(watched, rule, seen, row, live.get(key), past.get(key), policy)
            if step.alert is not None and step.alert != live.get(key):
                steps.append(step)
    return steps


def _step(
    watched: Watched,
    rule: AlertRule,
    seen: Levels,
    row: int,
    alert: AlertRow | None,
    past: AlertRow | None,
    policy: Policy,
) -> Step:
    sighting = Sighting(
        int(seen.level[row]),
        int(seen.held[row]),
        float(seen.value[row]),
        watched.whys.get((rule.key, row), ""),
        watched.as_of_us,
    )
    return observed(alert, past, rule, str(watched.ids[row]), sighting, policy, watched.now_us)


def _past(state: State, watched: Watched, ids: Sequence[str]) -> dict[tuple[str, str], AlertRow]:
    """By entity and rule, the last alert about these that was resolved within the longest cooldown."""
    if not ids:
        return {}
    longest_us = max((policy_of(watched.settings, rule).cooldown_us for rule, _ in watched.seen), default=0)
    found = state.alerts.resolved_since(watched.about, watched.now_us - longest_us, ids)
    return {(a.entity_id, a.rule): a for a in sorted(found, key=lambda a: a.resolved_us or 0)}


def _notice_row(alert: AlertRow, kind: str, at_us: int) -> NoticeRow:
    notice = notice_of(alert, kind, at_us)  # type: ignore[arg-type]
    return NoticeRow(
        alert.alert_id,
        alert.entity_type,
        alert.entity_id,
        kind,
        alert.rule,
        alert.team,
        alert.severity,
        at_us,
        msgspec.json.encode(notice).decode(),
    )

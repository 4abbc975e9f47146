"""What is told of an alert: the facts of one moment, and the words for people."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.decisions.alerts.severity import About, Severity, rank
from tutorpulse.decisions.alerts.transitions import NoticeKind
from tutorpulse.store.state.alerts import AlertRow

DIGEST_LINES = 20
"""Alerts that a digest names; the rest it counts."""

_PLACES = {"tutor": "/tutors/", "student": "/students/"}
_BEFORE: dict[str, str] = {
    "opened": "",
    "worsened": "Worse: ",
    "reopened": "Snooze over: ",
    "escalated": "Nobody acknowledged: ",
    "resolved": "Resolved: ",
}


class Notice(msgspec.Struct, frozen=True):
    """Who, why, since when and what to do, as of the moment `at_us`; `value` is the fact's, None where it is not known."""

    alert_id: str
    kind: NoticeKind
    rule: str
    team: str
    title: str
    severity: Severity
    entity_type: About
    entity_id: str
    value: float | None
    why: str
    since_us: int
    at_us: int
    actions: tuple[str, ...]
    resolution: str | None = None


class Text(msgspec.Struct, frozen=True):
    """A message for people: one line, then more."""

    title: str
    body: str


def notice_of(alert: AlertRow, kind: NoticeKind, at_us: int) -> Notice:
    """What is told of an alert as it is now."""
    return Notice(
        alert_id=alert.alert_id,
        kind=kind,
        rule=alert.rule,
        team=alert.team,
        title=alert.title,
        severity=alert.severity,  # type: ignore[arg-type]
        entity_type=alert.entity_type,  # type: ignore[arg-type]
        entity_id=alert.entity_id,
        value=alert.value,
        why=alert.why,
        since_us=alert.since_us,
        at_us=at_us,
        actions=msgspec.json.decode(alert.actions, type=tuple[str, ...]),
        resolution=alert.resolution,
    )


def links(alert_id: str, entity_type: str, entity_id: str, public_url: str) -> tuple[str, str | None]:
    """The pages of an alert and of whom it is about (None where there is none); without `public_url` paths of the service."""
    base = public_url.rstrip("/")
    place = _PLACES.get(entity_type)
    return f"{base}/alerts/{alert_id}", f"{base}{place}{entity_id}" if place else None


def told(notice: Notice, public_url: str) -> Text:
    """One notice for people."""
    who = f"{notice.entity_type} {notice.entity_id}"
    title = f"[{notice.severity}] {_BEFORE[notice.kind]}{notice.title}: {who}"
    lines = [f"Who: {who}", f"Why: {notice.why}", f"Since: {format_time(notice.since_us)}"]
    if notice.kind == "resolved":
        lines.append(f"Resolved: {notice.resolution}, {format_time(notice.at_us)}")
    else:
        lines += [f"To do: {action}" for action in notice.actions]
    return Text(title, "\n".join([*lines, "", *_where(notice, public_url)]))


def digest(notices: Sequence[Notice], public_url: str) -> Text:
    """Many notices for people: how many of what, and the worst of them by name."""
    kinds = Counter((n.severity, f"{_BEFORE[n.kind]}{n.title} ({n.entity_type})") for n in notices)
    ordered = sorted(kinds.items(), key=lambda item: (-rank(item[0][0]), -item[1], item[0][1]))
    counted = [f"{count:,} × [{severity}] {what}" for (severity, what), count in ordered]
    worst = sorted(notices, key=lambda n: (-rank(n.severity), n.at_us, n.alert_id))[:DIGEST_LINES]
    named = [f"[{n.severity}] {n.entity_type} {n.entity_id}: {n.why}" for n in worst]
    more = len(notices) - len(worst)
    rest = [f"and {more:,} more"] if more else []
    where = f"{public_url.rstrip('/')}/alerts" if public_url else "`tutorpulse alerts list` shows all."
    critical = sum(n.severity == "critical" for n in notices)
    title = f"[digest] {len(notices):,} alerts, {critical:,} of them critical"
    return Text(title, "\n".join([*counted, "", *named, *rest, "", where]))


def _where(notice: Notice, public_url: str) -> list[str]:
    if not public_url:
        return [f"`tutorpulse alerts show {notice.alert_id}` shows more."]
    alert, entity = links(notice.alert_id, notice.entity_type, notice.entity_id, public_url)
    return [alert, *([entity] if entity else [])]

"""What a message says: words for people, JSON for machines. Made when it is sent, from what was kept; of who was erased nothing is."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.decisions.alerts.notices import Notice, Text, digest, links, told
from tutorpulse.decisions.alerts.severity import About, Severity
from tutorpulse.decisions.alerts.transitions import NoticeKind
from tutorpulse.store.state import State
from tutorpulse.store.state.outbox import MessageRow


class AlertTold(msgspec.Struct, frozen=True, kw_only=True, tag="alert", tag_field="type"):
    """One thing told of an alert; `event_id` is the same whenever and however often it is told."""

    event_id: str
    kind: NoticeKind
    alert_id: str
    rule: str
    title: str
    severity: Severity
    team: str
    entity_type: About
    entity_id: str
    value: float | None
    why: str
    since: str
    at: str
    actions: tuple[str, ...]
    resolution: str | None
    url: str
    entity_url: str | None


class SegmentTold(msgspec.Struct, frozen=True, kw_only=True, tag="segment", tag_field="type"):
    """Somebody entered or left a segment (None: was, or is, not scored)."""

    event_id: str
    entity_type: Literal["tutor", "student"]
    entity_id: str
    left: str | None
    entered: str | None
    at: str


class Posted(msgspec.Struct, frozen=True):
    """The body of a post to a webhook. `message_id` stands in the headers too, and stays the same when it is sent again."""

    message_id: str
    events: list[AlertTold | SegmentTold]


_ENCODER = msgspec.json.Encoder()


def text_of(state: State, message: MessageRow, public_url: str) -> Text | None:
    """The message for people; None where nothing is left to tell."""
    notices = _notices(state, message)
    if not notices:
        return None
    text = told(notices[0], public_url) if len(notices) == 1 else digest(notices, public_url)
    return Text(" ".join(text.title.split()), f"{text.body}\n\nReference: {message.message_key}")


def body_of(state: State, message: MessageRow, public_url: str) -> bytes | None:
    """The message for machines; None where nothing is left to tell."""
    events: list[AlertTold | SegmentTold] = [_alert(n, public_url) for n in _notices(state, message)]
    events += [
        SegmentTold(
            event_id=f"segment-{number}",
            entity_type="tutor" if kind == "tutor" else "student",
            entity_id=entity_id,
            left=left,
            entered=entered,
            at=format_time(moved_us),
        )
        for number, kind, entity_id, moved_us, left, entered in state.outbox.moves_of(message.message_key)
    ]
    return _ENCODER.encode(Posted(message.message_key, events)) if events else None


def _notices(state: State, message: MessageRow) -> Sequence[Notice]:
    return [msgspec.json.decode(c, type=Notice) for c in state.outbox.notices_of(message.message_key)]


def _alert(notice: Notice, public_url: str) -> AlertTold:
    url, entity_url = links(notice.alert_id, notice.entity_type, notice.entity_id, public_url)
    return AlertTold(
        event_id=f"{notice.alert_id}-{notice.kind}-{notice.at_us}",
        kind=notice.kind,
        alert_id=notice.alert_id,
        rule=notice.rule,
        title=notice.title,
        severity=notice.severity,
        team=notice.team,
        entity_type=notice.entity_type,
        entity_id=notice.entity_id,
        value=notice.value,
        why=notice.why,
        since=format_time(notice.since_us),
        at=format_time(notice.at_us),
        actions=notice.actions,
        resolution=notice.resolution,
        url=url,
        entity_url=entity_url,
    )

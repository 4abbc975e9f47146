"""The shapes of answers about alerts; times are RFC 3339, None is not known. An import loads no database and no model."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tutorpulse.decisions.alerts.severity import About, Severity

AlertState = Literal["open", "acknowledged", "snoozed", "resolved"]
Note = Annotated[str, Meta(max_length=2_000)]
# Named are the characters that only some readers of the document take for spaces: Python 1C to 1F, others 85 and FEFF.
Reason = Annotated[str, Meta(pattern=r"[^\s\x1c-\x1f\x85\ufeff]", max_length=2_000)]
_YEAR_MINUTES = 366 * 24 * 60
Minutes = Annotated[float, Meta(ge=1, le=_YEAR_MINUTES)]
Id = Annotated[str, Meta(min_length=1, max_length=128)]


class ShownAlert(msgspec.Struct, frozen=True):
    """One alert: who, why, since when, what to do, and where to look.

    `value` is the fact's newest; `url` and `entity_url` are paths of the service where the setting `public_url` is empty.
    `resolution` is why it is over; `verdict` is `confirmed` or `wrong`.
    """

    alert_id: str
    rule: str
    title: str
    severity: Severity
    state: AlertState
    team: str
    entity_type: About
    entity_id: str
    value: float | None
    why: str
    actions: tuple[str, ...]
    since: str
    opened: str
    changed: str
    escalations: int
    acknowledged: str | None
    acknowledged_by: str | None
    snoozed_until: str | None
    resolved: str | None
    resolved_by: str | None
    resolution: str | None
    verdict: str | None
    verdict_by: str | None
    verdict_reason: str | None
    url: str
    entity_url: str | None


class AlertList(msgspec.Struct, frozen=True):
    """A page of alerts, the last opened first; `next_cursor` gives the next one, None on the last."""

    items: list[ShownAlert]
    next_cursor: str | None


class AlertChange(msgspec.Struct, frozen=True):
    """One change of an alert; `by` is None where it changed by itself."""

    at: str
    change: str
    severity: Severity
    by: str | None
    note: str | None


class AlertHistory(msgspec.Struct, frozen=True):
    """What became of one alert, oldest first."""

    alert_id: str
    changes: list[AlertChange]


class AlertCounts(msgspec.Struct, frozen=True):
    """Alerts that are not resolved: all, and by severity and state."""

    total: int
    by_severity: dict[str, int]
    by_state: dict[str, int]


class ShownRule(msgspec.Struct, frozen=True):
    """One rule, and how it did: alerts opened, live now, judged by operators.

    `thresholds` and `clear_by` are in the fact's own unit (shares 0 to 1). `precision` is the share of judged alerts that were
    confirmed, with its 90 % interval; `cries_wolf` says that most of them are wrong, beyond what chance allows.
    """

    key: str
    title: str
    about: About
    fact: str
    test: str
    thresholds: dict[str, float]
    clear_by: float
    team: str
    actions: tuple[str, ...]
    cooldown_hours: float
    opened: int
    live: int
    confirmed: int
    wrong: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    cries_wolf: bool


class RuleList(msgspec.Struct, frozen=True):
    """The rules in force, by key."""

    rules: list[ShownRule]


class ShownSilence(msgspec.Struct, frozen=True):
    """A time in which alerts are kept but not told: of one rule, of one entity, or of all."""

    silence_id: str
    begins: str
    until: str
    rule: str | None
    entity_type: About | None
    entity_id: str | None
    reason: str
    made_by: str


class SilenceList(msgspec.Struct, frozen=True):
    """The silences that last or are to come, in order of their beginning."""

    silences: list[ShownSilence]


class NoteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator has to say, if anything."""

    note: Note | None = None


class SnoozeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long an alert is to be quiet."""

    minutes: Minutes
    note: Note | None = None


class FeedbackRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an alert was right; a wrong one needs a reason."""

    verdict: Literal["confirmed", "wrong"]
    reason: Note | None = None


class Affected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom an alert can be about."""

    entity_type: About
    entity_id: Id


class SilenceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long nobody is to be told, and why; from now, or after `begins_in_minutes`. Of one rule or entity where given."""

    minutes: Minutes
    reason: Reason
    begins_in_minutes: Annotated[float, Meta(ge=0, le=_YEAR_MINUTES)] = 0.0
    rule: Id | None = None
    about: Affected | None = None


class ShownReceiver(msgspec.Struct, frozen=True):
    """Who is told what, without anything secret: `via` is the service, or the webhook's host.

    `pending` waits to be put into messages, `waiting` messages to be sent or sent again (`error`: why the oldest was not taken),
    `given_up` messages were not taken for too long.
    """

    name: str
    via: str
    severities: tuple[Severity, ...]
    teams: tuple[str, ...]
    alerts: bool
    segments: bool
    escalation: bool
    time_zone: str
    quiet: str
    pending: int
    waiting: int
    sent: int
    given_up: int
    error: str | None


class ReceiverList(msgspec.Struct, frozen=True):
    """The receivers of the home: those of its `receivers.toml`, then those of its mail settings."""

    receivers: list[ShownReceiver]


class Tried(msgspec.Struct, frozen=True):
    """Whether a receiver took a trial message; `reason` says why not."""

    receiver: str
    taken: bool
    reason: str | None

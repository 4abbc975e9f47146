"""Who is told what: `receivers.toml` of the home, and the mail addresses of the settings."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from tutorpulse.decisions.alerts.quiet import Quiet, parse_quiet
from tutorpulse.decisions.alerts.severity import SEVERITIES, Severity
from tutorpulse.decisions.alerts.transitions import NoticeKind
from tutorpulse.errors import SettingsError
from tutorpulse.settings import Settings

FILE_NAME = "receivers.toml"
PEOPLE_KINDS: tuple[NoticeKind, ...] = ("opened", "worsened", "reopened", "escalated")
"""What people are told unless they ask for more; machines are told everything."""
MACHINE_KINDS: tuple[NoticeKind, ...] = (*PEOPLE_KINDS, "resolved")

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One receiver: `url` is Apprise's, `webhook` an address that takes signed posts; exactly one of them is given.

    Empty `severities`, `teams` and `kinds` mean all, or the usual ones. `quiet` are hours, by the clock of `time_zone`, in which
    severities of `quiet_severities` wait. With `escalation` it is told of nothing but what nobody acknowledged. `segments`: a webhook
    is told who entered or left a segment; `alerts`: of alerts.
    """

    name: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    url: str = ""
    webhook: str = ""
    secret: str = ""
    severities: tuple[Severity, ...] = ()
    teams: tuple[str, ...] = ()
    kinds: tuple[NoticeKind, ...] = ()
    time_zone: str = ""
    quiet: str = ""
    quiet_severities: tuple[Severity, ...] = ("info", "warning")
    escalation: bool = False
    alerts: bool = True
    segments: bool = False

    @property
    def via(self) -> str:
        """How it is reached, without anything secret: the service's name, or the webhook's scheme and host."""
        if self.webhook:
            parts = urlsplit(self.webhook)
            return f"webhook {parts.scheme}://{parts.hostname}"
        return self.url.partition("://")[0]

    @property
    def quiet_hours(self) -> Quiet | None:
        """None where it has none."""
        return parse_quiet(self.quiet, ZoneInfo(self.time_zone)) if self.quiet else None

    def wants(self, kind: str, severity: str, team: str, escalated_to: bool) -> bool:
        """Whether it is told of a notice; `escalated_to`: some receiver takes nothing but escalations."""
        if (
            not self.alerts
            or severity not in (self.severities or SEVERITIES)
            or (self.teams and team not in self.teams)
        ):
            return False
        if self.escalation or (kind == "escalated" and escalated_to):
            return self.escalation and kind == "escalated"
        return kind in (self.kinds or (MACHINE_KINDS if self.webhook else PEOPLE_KINDS))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    receiver: list[dict[str, object]] = []


def load_receivers(
    home: Path, settings: Settings, environment: Mapping[str, str] = os.environ
) -> tuple[Receiver, ...]:
    """The receivers of a home: those of its file, then one for each severity that has mail addresses.

    In the file `${NAME}` stands for a variable of the environment, so that secrets need not be in it.

    Raises:
        SettingsError: the file is no TOML, a receiver is wrong, or addresses are given and no mail server is.
    """
    path = home / FILE_NAME
    found = _from_file(path, settings, environment) if path.is_file() else []
    found += _from_settings(settings)
    names = [receiver.name for receiver in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{path}: receiver {twice[0]!r} stands twice. Give one of them another name.")
    return tuple(found)


def _from_file(path: Path, settings: Settings, environment: Mapping[str, str]) -> list[Receiver]:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}. It holds [[receiver]] tables; mend or remove it.") from None
    return [
        _receiver(raw, f"{path}: receiver {raw.get('name', f'number {number}')!r}", settings, environment)
        for number, raw in enumerate(file.receiver, 1)
    ]


def _receiver(
    raw: dict[str, object], label: str, settings: Settings, environment: Mapping[str, str]
) -> Receiver:
    filled = {
        name: _filled(value, label, environment) if isinstance(value, str) else value
        for name, value in raw.items()
    }
    try:
        receiver = msgspec.convert({"time_zone": settings.marketplace_timezone, **filled}, Receiver)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{label}: {error}. docs/alerts.md lists what a receiver holds.") from None
    _check(receiver, label)
    return receiver


def _filled(text: str, label: str, environment: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in environment:
            raise SettingsError(
                f"{label}: the environment has no variable {found[1]}. Set it, or write the value."
            )
        return environment[found[1]]

    return _VARIABLE.sub(value, text)


def _check(receiver: Receiver, label: str) -> None:
    if bool(receiver.url) == bool(receiver.webhook):
        raise SettingsError(f"{label}: give either url (Apprise) or webhook.")
    if receiver.url and "://" not in receiver.url:
        raise SettingsError(f"{label}: url is none of Apprise. Give one such as mailto://… or slack://….")
    if receiver.webhook and (
        urlsplit(receiver.webhook).scheme not in ("http", "https") or not receiver.secret
    ):
        raise SettingsError(
            f"{label}: a webhook is an http or https address, and needs a secret to sign with."
        )
    if receiver.segments and not receiver.webhook:
        raise SettingsError(f"{label}: only a webhook can be told of segments.")
    try:
        ZoneInfo(receiver.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"{label}: {receiver.time_zone!r} is no time zone. Give one such as Europe/Berlin."
        ) from None
    try:
        _ = receiver.quiet_hours
    except SettingsError as error:
        raise SettingsError(f"{label}: {error}") from None


def _from_settings(settings: Settings) -> list[Receiver]:
    by_severity: dict[Severity, tuple[str, ...]] = {
        "critical": settings.critical_alert_emails,
        "warning": settings.warning_alert_emails,
        "info": settings.info_alert_emails,
    }
    if any(by_severity.values()) and not (settings.smtp_host and settings.smtp_from):
        raise SettingsError(
            "Settings: alerts are to be mailed, but smtp_host or smtp_from is empty. Set the mail server and the address that mails come from."
        )
    return [
        Receiver(
            name=f"mail-{severity}",
            url=_mail_url(settings, addresses),
            severities=(severity,),
            time_zone=settings.marketplace_timezone,
        )
        for severity, addresses in by_severity.items()
        if addresses
    ]


def _mail_url(settings: Settings, addresses: tuple[str, ...]) -> str:
    """Apprise's way to say server, login, sender and addresses."""
    login = ""
    if settings.smtp_user:
        login = f"{quote(settings.smtp_user, safe='')}:{quote(_password(settings), safe='')}@"
    scheme = "mailto" if settings.smtp_security == "none" else "mailtos"
    mode = "insecure" if settings.smtp_security == "none" else settings.smtp_security
    to = ",".join(quote(address, safe="@") for address in addresses)
    return (
        f"{scheme}://{login}{settings.smtp_host}:{settings.smtp_port}/?mode={mode}&format=text"
        f"&from={quote(settings.smtp_from, safe='@')}&to={to}"
    )


def _password(settings: Settings) -> str:
    path = Path(settings.smtp_password_file)
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"Settings: smtp_password_file = {settings.smtp_password_file!r} cannot be read: {error.strerror}."
            " Name the file that holds the password of smtp_user."
        ) from None

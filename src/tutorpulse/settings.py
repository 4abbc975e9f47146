"""One frozen table of settings, read from the home's `settings.toml`, then the environment, then flags.

A setting `x` is `x = …` in the file and `TUTORPULSE_X` in the environment. Misspelt names and values of the wrong type
are refused.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from tutorpulse.errors import SettingsError

ENVIRONMENT_PREFIX = "TUTORPULSE_"
FILE_NAME = "settings.toml"
UNPREFIXED = ("CRITICAL_ALERT_EMAILS", "WARNING_ALERT_EMAILS", "INFO_ALERT_EMAILS")
"""The predecessor's variables, taken as they are too."""

DATABASE_GB_LEAST = 0.25
"""DuckDB asks for 125 MB a thread at the least (its guide to the environment): this is that of two."""

Percent = Annotated[float, Meta(ge=0, le=100)]
ExitGap = Literal["auto"] | Annotated[int, Meta(ge=1, le=365)]


def _doc(text: str) -> Meta:
    return Meta(description=text)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default. Percentages are 0 to 100, times carry their unit in the name."""

    marketplace_timezone: Annotated[str, _doc("Time zone of an entity that states none (IANA name).")] = "UTC"
    premium_tiers: Annotated[
        tuple[str, ...],
        _doc("Session tiers that count as premium (in the environment: separated by commas)."),
    ] = ("premium",)
    exit_gap_days_tutor: Annotated[
        ExitGap, _doc("Days of silence after which a tutor counts as gone, or `auto`: measured on the log.")
    ] = "auto"
    exit_gap_days_student: Annotated[
        ExitGap, _doc("Days of silence after which a student counts as gone, or `auto`: measured on the log.")
    ] = "auto"
    churn_label: Annotated[
        Literal["exit", "inactive"],
        _doc("What churn means: the last activity before an exit, or no activity within the horizon."),
    ] = "exit"
    future_tolerance_hours: Annotated[
        float, _doc("Events further ahead of the clock than this are rejected.")
    ] = 24.0
    star_burnout_below: Annotated[Percent, _doc("A star's burnout risk, 14 days, is below this.")] = 20.0
    star_health_above: Annotated[Percent, _doc("A star's health is above this.")] = 80.0
    star_sessions_min: Annotated[int, _doc("A star completed at least this many sessions in 30 days.")] = 4
    tutor_at_risk_burnout_above: Annotated[
        Percent, _doc("Burnout risk, 14 days, above which a tutor is at risk.")
    ] = 40.0
    tutor_at_risk_health_below: Annotated[Percent, _doc("Health below which a tutor is at risk.")] = 60.0
    churning_burnout_above: Annotated[
        Percent, _doc("Burnout risk, 14 days, above which a tutor is churning.")
    ] = 70.0
    churning_health_below: Annotated[Percent, _doc("Health below which a tutor is churning.")] = 40.0
    thriving_churn_below: Annotated[
        Percent, _doc("A thriving student's churn risk, 14 days, is below this.")
    ] = 20.0
    thriving_health_above: Annotated[Percent, _doc("A thriving student's health is above this.")] = 80.0
    student_at_risk_churn_14d_above: Annotated[
        Percent, _doc("Churn risk, 14 days, above which a student is at risk.")
    ] = 40.0
    student_at_risk_churn_30d_above: Annotated[
        Percent, _doc("Churn risk, 30 days, above which a student is at risk.")
    ] = 60.0
    student_at_risk_health_below: Annotated[Percent, _doc("Health below which a student is at risk.")] = 60.0
    churned_churn_14d_above: Annotated[
        Percent, _doc("Churn risk, 14 days, above which a student counts as churned.")
    ] = 70.0
    churned_health_below: Annotated[Percent, _doc("Health below which a student counts as churned.")] = 40.0
    segment_recovery_points: Annotated[
        Percent,
        _doc("Points by which a value must clear a threshold before a segment changes for the better."),
    ] = 3.0
    insight_step_points: Annotated[
        Percent, _doc("Points that a value must move before a new insight of its type is written.")
    ] = 5.0
    recommendations_max: Annotated[int, _doc("Recommendations shown for one tutor or student at most.")] = 5
    refresh_every_minutes: Annotated[
        float,
        Meta(gt=0),
        _doc("In a live service, each tutor and student is scored anew at least so often, events or none."),
    ] = 60.0
    refresh_background_percent: Annotated[
        float,
        Meta(gt=0, le=100),
        _doc(
            "Share of the time that a live service scores anew those without events, while others have some."
        ),
    ] = 25.0
    alert_cooldown_hours: Annotated[
        float,
        Meta(ge=0),
        _doc(
            "After an alert was resolved its rule is quiet about the same entity for so long, unless it gets worse."
        ),
    ] = 24.0
    alert_escalation_minutes: Annotated[
        float,
        Meta(ge=0),
        _doc("A critical alert that nobody acknowledges is told again after so long; 0: never."),
    ] = 120.0
    alert_escalations_max: Annotated[int, Meta(ge=0), _doc("How often it is told again at most.")] = 3
    alert_messages_max: Annotated[
        int,
        Meta(ge=2),
        _doc(
            "Messages about alerts that a receiver gets in a storm window at most; more alerts become one digest."
        ),
    ] = 10
    alert_storm_minutes: Annotated[
        float,
        Meta(gt=0),
        _doc("The storm window; after a digest the next message comes when it is over."),
    ] = 15.0
    alert_gather_seconds: Annotated[
        float, Meta(ge=0), _doc("How long a digest waits for further alerts of the same storm.")
    ] = 30.0
    delivery_give_up_hours: Annotated[
        float, Meta(gt=0), _doc("A message that a receiver has not taken for so long is given up.")
    ] = 72.0
    critical_alert_emails: Annotated[
        tuple[str, ...],
        _doc(
            "Mail addresses told of critical alerts (CRITICAL_ALERT_EMAILS in the environment, separated by commas)."
        ),
    ] = ()
    warning_alert_emails: Annotated[
        tuple[str, ...],
        _doc(
            "Mail addresses told of warnings (WARNING_ALERT_EMAILS in the environment, separated by commas)."
        ),
    ] = ()
    info_alert_emails: Annotated[
        tuple[str, ...],
        _doc(
            "Mail addresses told of alerts for information (INFO_ALERT_EMAILS in the environment, separated by commas)."
        ),
    ] = ()
    smtp_host: Annotated[str, _doc("Mail server for those addresses.")] = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535), _doc("Its port.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "ssl", "none"], _doc("How the connection to the mail server is protected.")
    ] = "starttls"
    smtp_user: Annotated[str, _doc("User name at the mail server; empty: no login.")] = ""
    smtp_password_file: Annotated[str, _doc("File that holds the password at the mail server.")] = ""
    smtp_from: Annotated[str, _doc("Address that mails come from.")] = ""
    retrain_every_days: Annotated[
        float,
        Meta(ge=0),
        _doc(
            "Days after which upkeep trains anew and lets the new model challenge the one in force; 0: never."
        ),
    ] = 30.0
    nightly_upkeep: Annotated[
        bool, _doc("Whether a live service runs `tutorpulse upkeep` after each midnight, UTC.")
    ] = True
    body_mb_max: Annotated[float, Meta(gt=0), _doc("Megabytes that a body of events may have, unpacked.")] = (
        32.0
    )
    packed_body_mb_max: Annotated[
        float, Meta(gt=0), _doc("Megabytes that a body of events may have as it is sent, gzip or zstd.")
    ] = 8.0
    body_events_max: Annotated[int, Meta(ge=1), _doc("Events that a body may have.")] = 50_000
    queue_mb_max: Annotated[
        float, Meta(gt=0), _doc("Megabytes of bodies that may wait to be taken; more is answered 503.")
    ] = 64.0
    queue_bodies_max: Annotated[
        int, Meta(ge=1), _doc("Bodies that may wait to be taken; more is answered 503.")
    ] = 10_000
    journal_mb_max: Annotated[
        float,
        Meta(gt=0),
        _doc(
            "Megabytes that may be acknowledged and not yet in the database, on the disk, and some 41 bytes an event in memory; then bodies wait. In a flood the database begins at half of it."
        ),
    ] = 512.0
    database_gb_max: Annotated[
        float,
        Meta(ge=DATABASE_GB_LEAST),
        _doc(
            "Gigabytes of memory that the database may have, for what it has read and for queries; more is spilt to disk."
        ),
    ] = 3.0
    requests_per_second_max: Annotated[
        float,
        Meta(ge=0),
        _doc("Requests that a key may make in a second, on average over two; 0: no limit."),
    ] = 10_000.0
    cors_origins: Annotated[
        tuple[str, ...],
        _doc(
            "Origins whose pages may call the API, such as https://ops.example (in the environment: separated by commas)."
        ),
    ] = ()
    host: Annotated[str, _doc("Address that the service listens on; others than this machine need TLS.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Meta(ge=0, le=65535), _doc("Port that the service listens on; 0: any free one.")] = (
        8600
    )
    tls_certificate: Annotated[
        str, _doc("File with the service's certificate and its chain (PEM); empty: no TLS.")
    ] = ""
    tls_key: Annotated[
        str, _doc("File with the certificate's private key (PEM); empty: it is in the same file.")
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        _doc(
            "Addresses or networks of proxies whose X-Forwarded headers are believed (in the environment: separated by commas)."
        ),
    ] = ()
    entity_url_template: Annotated[
        str,
        _doc(
            "Where your own back office shows somebody, such as https://office.example/{kind}s/{id}; empty: pages link nowhere else."
        ),
    ] = ""
    public_url: Annotated[
        str,
        _doc(
            "Where people reach the service, such as https://pulse.example; empty: the address that it listens on."
        ),
    ] = ""
    signin_idle_hours: Annotated[
        float, Meta(gt=0), _doc("Hours without use after which a browser must sign in again.")
    ] = 12.0
    signin_days: Annotated[
        float, Meta(gt=0), _doc("Days after which a browser must sign in again, however much it is used.")
    ] = 7.0
    signin_attempts_per_minute: Annotated[
        float, Meta(gt=0), _doc("Attempts to sign in that a name, and an address, may make in a minute.")
    ] = 10.0
    oidc_issuer: Annotated[str, _doc("Address of the OpenID provider that users come from; empty: none.")] = (
        ""
    )
    oidc_client_id: Annotated[str, _doc("This service's name at the provider.")] = ""
    oidc_client_secret_file: Annotated[
        str, _doc("File with this service's secret at the provider; empty: a public client, with PKCE alone.")
    ] = ""
    oidc_scopes: Annotated[
        tuple[str, ...], _doc("What is asked of the provider (in the environment: separated by commas).")
    ] = ("openid", "profile")
    oidc_name_claim: Annotated[str, _doc("Claim that names a user.")] = "preferred_username"
    oidc_role_claim: Annotated[
        str, _doc("Claim whose values give a user's role; dots lead into objects, as in realm_access.roles.")
    ] = "groups"
    oidc_viewers: Annotated[
        tuple[str, ...],
        _doc("Values of that claim that make a viewer; `*`: everybody whom the provider knows."),
    ] = ()
    oidc_operators: Annotated[tuple[str, ...], _doc("Values of that claim that make an operator.")] = ()
    oidc_admins: Annotated[tuple[str, ...], _doc("Values of that claim that make an administrator.")] = ()
    retention_days: Annotated[
        int,
        Meta(ge=0),
        _doc(
            "Days after which events of sessions leave the database for files, one a day, and still count; 0: never."
        ),
    ] = 0
    upkeep_hour: Annotated[
        int,
        Meta(ge=0, le=23),
        _doc(
            "Hour (UTC) at which a service moves old events to files and puts the database in order, once a day."
        ),
    ] = 3
    access_log: Annotated[bool, _doc("Whether the service logs a line for each request.")] = True
    prediction_log: Annotated[
        bool, _doc("Whether the service logs a line for each prediction that changed visibly.")
    ] = False


def setting_docs() -> dict[str, tuple[str, Any]]:
    """Each setting's sentence and default, in the order of the table."""
    hints = get_type_hints(Settings, include_extras=True)
    return {
        field.name: (
            next(
                m.description
                for m in reversed(get_args(hints[field.name]))
                if isinstance(m, Meta) and m.description
            ),
            field.default,
        )
        for field in msgspec.structs.fields(Settings)
    }


def load(home: Path | None = None, environment: Mapping[str, str] = os.environ, **flags: object) -> Settings:
    """The settings in force: defaults, then the file, then the environment, then flags that are not None.

    Raises:
        SettingsError: an unknown name, a value of the wrong type, or a file that is no TOML.
    """
    merged = (
        _from_file(home) | _from_environment(environment) | {k: v for k, v in flags.items() if v is not None}
    )
    try:
        settings = msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"Settings: {error}. `tutorpulse settings` lists names, meanings and defaults."
        ) from None
    _check_timezone(settings.marketplace_timezone)
    return settings


Origin = Literal["default", "file", "environment", "flag"]


def origins(
    home: Path | None = None, environment: Mapping[str, str] = os.environ, **flags: object
) -> dict[str, Origin]:
    """Where `load` takes each setting from, in the order of the table."""
    given: dict[str, Origin] = dict.fromkeys(Settings.__struct_fields__, "default")
    given |= dict.fromkeys(_from_file(home), "file")
    given |= dict.fromkeys(_from_environment(environment), "environment")
    return given | {name: "flag" for name, value in flags.items() if value is not None}


def save(home: Path, changes: Mapping[str, object]) -> Settings:
    """Write settings into the home's file, leaving its other lines as they are, and return what is in force then.

    Numbers and text only. The file is replaced whole, or not at all.

    Raises:
        SettingsError: a name is unknown, a value is of the wrong type or out of bounds, or the environment sets it.
    """
    given = sorted(name for name in changes if ENVIRONMENT_PREFIX + name.upper() in os.environ)
    if given:
        raise SettingsError(
            f"Settings: {', '.join(given)} is set in the environment, which goes before the file. Change it there."
        )
    lines = (
        (home / FILE_NAME).read_text(encoding="utf-8").splitlines() if (home / FILE_NAME).is_file() else []
    )
    for name, value in changes.items():
        lines = _with_line(lines, name, f"{name} = {msgspec.json.encode(value).decode()}")
    try:
        text = "\n".join(lines) + "\n"
        msgspec.convert(tomllib.loads(text), Settings, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"Settings: {error}. Nothing was changed.") from None
    written = home / f"{FILE_NAME}.new"
    written.write_text(text, encoding="utf-8")
    written.replace(home / FILE_NAME)
    return load(home)


def _with_line(lines: list[str], name: str, line: str) -> list[str]:
    found = [place for place, old in enumerate(lines) if old.split("=")[0].strip() == name]
    if not found:
        return [line, *lines]
    return [line if place == found[0] else old for place, old in enumerate(lines)]


def _from_file(home: Path | None) -> dict[str, object]:
    path = home / FILE_NAME if home else None
    if path is None or not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML file: {error}. Mend or remove it.") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.name.upper()
        text = environment.get(
            ENVIRONMENT_PREFIX + name, environment.get(name) if name in UNPREFIXED else None
        )
        if text is not None:
            found[field.name] = _listed(text) if isinstance(field.default, tuple) else text
    return found


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"Settings: marketplace_timezone = {name!r} is no time zone. Give an IANA name such as Europe/Berlin."
        ) from None

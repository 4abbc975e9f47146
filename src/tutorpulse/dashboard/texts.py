"""Values as people read them: the filters of the templates."""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup, escape

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, parse_time, us_to_datetime
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.decisions.sentences import after, shown_name
from tutorpulse.features.frame import EntityType
from tutorpulse.service.shown import ShownDriver

NOTHING: Final = "–"
"""Stands where a value is not known."""

_LONG = {"avg": "average", "freq": "frequency"}
_SHORT = re.compile(r"(?<![a-z])(?:avg|freq)(?![a-z])")
_DAYS = re.compile(r"_(\d+)d\b")

SEGMENT_WORDS = {
    "star": "Star",
    "thriving": "Thriving",
    "healthy": "Healthy",
    "at_risk": "At risk",
    "churning": "Churning",
    "churned": "Churned",
    None: "Not scored",
}
SEGMENT_STATES = {
    "star": "best",
    "thriving": "best",
    "healthy": "good",
    "at_risk": "risk",
    "churning": "worst",
    "churned": "worst",
    None: "unknown",
}
"""Which of the five states of the style a segment is."""


def number(value: float | None, digits: int = 0) -> str:
    """Such as 1,204."""
    return NOTHING if value is None or value != value else f"{value:,.{digits}f}"


def percent(fraction: float | None, digits: int = 0) -> str:
    """Such as 35 %, of 0.35."""
    return NOTHING if fraction is None or fraction != fraction else f"{100 * fraction:,.{digits}f} %"


def signed(value: float | None, digits: int = 0) -> str:
    """Such as +12 or −3; "no change" for nothing."""
    if value is None:
        return NOTHING
    rounded = round(value, digits)
    if rounded == 0:
        return "no change"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):,.{digits}f}"


def fact(name: str, value: float | None) -> str:
    """A feature's or an output's value with its unit."""
    return NOTHING if value is None else PHRASES[name].number(value)


def fact_short(value: float | None, name: str) -> str:
    """A feature's or an output's value with its unit, name last, as templates pipe it."""
    return fact(name, value)


def told_driver(driver: ShownDriver) -> str:
    """A driver as a phrase: "Utilization 97 %"."""
    if driver.value is None:
        return f"{label(driver.feature)}: not known"
    told = PHRASES[driver.feature].told(driver.value)
    return told[:1].upper() + told[1:]


def told_trigger(trigger: Trigger) -> str:
    """The fact that triggered a rule: "burnout risk 82 %"."""
    if isinstance(trigger.value, str):
        return f"{word(trigger.fact).lower()} {word(trigger.value).lower()}"
    phrase = PHRASES[trigger.fact]
    return phrase.told(trigger.value / phrase.scale)


def path(entity_id: str) -> str:
    """An id as a part of a path."""
    return quote(entity_id, safe="")


def label(name: str) -> str:
    """What a feature or an output is called, without its value: "Burnout risk"."""
    told = PHRASES[name].text.replace("{}", "").strip() if name in PHRASES else name.replace("_", " ")
    words = " ".join(told.replace("with probability", "").split())
    return words[:1].upper() + words[1:]


def fact_label(name: str) -> str:
    """A feature's name as words: "Sessions taught, 7 days"."""
    told = _DAYS.sub(r", \1 days", name).replace("_min", ", minutes").replace("ib_", "IB ").replace("_ ", " ")
    return word(_SHORT.sub(lambda short: _LONG[short[0]], told))


def word(name: str | None) -> str:
    """A segment, a status or another name of the data, as words."""
    if name in SEGMENT_WORDS:
        return SEGMENT_WORDS[name]
    words = str(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def state(segment: str | None) -> str:
    """The state whose colour and sign a segment has."""
    return SEGMENT_STATES.get(segment, "unknown")


def pretty(event: object) -> str:
    """JSON over several lines; what is no JSON as the text that came in."""
    return (
        event
        if isinstance(event, str)
        else msgspec.json.format(msgspec.json.encode(event), indent=2).decode()
    )


def set_value(value: object) -> str:
    """A setting's value, a dash for nothing."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value) or NOTHING


def severity(name: str) -> str:
    """The state whose colour and sign a severity has."""
    return {"critical": "worst", "warning": "risk"}.get(name, "unknown")


def output_label(name: str, kind: EntityType) -> str:
    """An output under the name that it has for a kind, as words."""
    return label(shown_name(name, kind))


def moment_us(value: int | str | None) -> int | None:
    """Microseconds of a time that may be text."""
    return parse_time(value) if isinstance(value, str) else value


def time(value: int | str | None, zone: str = "UTC") -> str | Markup:
    """Such as 22 Nov 2026, 21:33 UTC, in a `time` element with the exact moment."""
    us = moment_us(value)
    if us is None:
        return NOTHING
    there = us_to_datetime(us).astimezone(ZoneInfo(zone))
    exact = us_to_datetime(us).isoformat()
    return Markup('<time datetime="{}">{}</time>').format(exact, there.strftime("%-d %b %Y, %H:%M %Z"))


def coded(sentence: str) -> Markup:
    """A sentence whose parts between backticks are code."""
    parts = enumerate(sentence.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in parts)


def day(value: int | str | None, zone: str = "UTC") -> str | Markup:
    """Such as 22 Nov 2026, in a `time` element with the exact moment."""
    us = moment_us(value)
    if us is None:
        return NOTHING
    there = us_to_datetime(us).astimezone(ZoneInfo(zone))
    exact = us_to_datetime(us).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        exact, exact, there.strftime("%-d %b %Y")
    )


def until(value: int | str | None, now_us: int) -> str | Markup:
    """Such as in 5 h, of what is to come, in a `time` element with the exact moment."""
    us = moment_us(value)
    if us is None:
        return NOTHING
    exact = us_to_datetime(us).isoformat(timespec="seconds")
    told = distance(us - now_us).removesuffix(" ago")
    words = "now" if told == "just now" else f"in {told}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, words)


def ago(value: int | str | None, now_us: int) -> str | Markup:
    """Such as 5 min ago, in a `time` element with the exact moment."""
    us = moment_us(value)
    if us is None:
        return NOTHING
    exact = us_to_datetime(us).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, distance(now_us - us))


def month_name(date: str) -> str:
    """Such as Nov, of 2026-11-25."""
    return f"{us_to_datetime(parse_time(date)):%b}"


def distance(gone_us: int) -> str:
    """How long ago, roughly: 5 min ago."""
    if gone_us < MINUTE_US:
        return "just now"
    for unit_us, name, limit in ((MINUTE_US, "min", 60), (HOUR_US, "h", 48)):
        if gone_us < unit_us * limit:
            return f"{gone_us // unit_us} {name} ago"
    return f"{gone_us // DAY_US} days ago"


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "percent": percent,
    "signed": signed,
    "fact": fact,
    "after": after,
    "fact_short": fact_short,
    "fact_label": fact_label,
    "told_driver": told_driver,
    "told_trigger": told_trigger,
    "path": path,
    "label": label,
    "word": word,
    "state": state,
    "severity": severity,
    "pretty": pretty,
    "set_value": set_value,
    "output_label": output_label,
    "moment": time,
    "ago": ago,
    "coded": coded,
    "day": day,
    "until": until,
    "month_name": month_name,
}
"""By the names that templates call them."""

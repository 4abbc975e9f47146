"""Numbers and names of the report as text."""

from collections.abc import Sequence
from html import escape

from tutorpulse.features.frame import EntityType
from tutorpulse.training.backtest.shapes import TurnTold
from tutorpulse.training.track.shapes import Interval

_NAMES = {
    "churn_risk_14d": "leaves within 14 days",
    "churn_risk_30d": "leaves within 30 days",
    "already_gone": "has left already",
    "health_score": "keeps half of the usual sessions",
    "first_session_success": "first session is followed up",
    "session_velocity": "sessions a week",
}
_INACTIVE = {"churn_risk_14d": "no activity in 14 days", "churn_risk_30d": "no activity in 30 days"}

DASH = "–"


def statement(output: str, churn_label: str) -> str:
    """What an output says."""
    return _INACTIVE.get(output, _NAMES[output]) if churn_label == "inactive" else _NAMES[output]


def risk_name(kind: EntityType) -> str:
    """What the risk of 14 days is called."""
    return "burnout risk" if kind == "tutor" else "churn risk"


def number(value: float | None, digits: int = 3) -> str:
    """A figure; a dash for None."""
    return DASH if value is None else f"{value:.{digits}f}"


def count(value: int) -> str:
    """A whole number."""
    return f"{value:,}"


def between(figure: Interval | None, digits: int = 3, signed: bool = False) -> str:
    """A figure with its interval in small, as HTML."""
    if figure is None:
        return DASH
    form = f"{'+' if signed else ''}.{digits}f"
    if figure.low is None or figure.high is None:
        return format(figure.value, form)
    return f"{figure.value:{form}}<small>{figure.low:{form}} to {figure.high:{form}}</small>"


def turn_word(turn: TurnTold) -> str:
    """What became of a model, in short."""
    return "in force" if turn.promoted else "no model" if turn.version is None else "refused"


def turn_words(turn: TurnTold) -> str:
    """Why, and on how many outcomes the starter was levelled where it goes on serving."""
    levelled = (
        f"for {kind}s it is levelled on {outcomes:,} outcomes" for kind, outcomes in turn.levelled_on.items()
    )
    told = ", ".join(levelled)
    return f"{turn.reason}. The starter goes on; {told}" if told else turn.reason


def text(value: str) -> str:
    """Text as HTML."""
    return escape(value, quote=True)


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], words: tuple[int, ...] = ()) -> str:
    """A table of cells that are HTML already, in a box that scrolls; columns `words` may wrap."""
    head = "".join(f"<th{_text(place, words)}>{cell}</th>" for place, cell in enumerate(header))
    body = "".join(
        "<tr>" + "".join(f"<td{_cell(place, words)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="card wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        if rows
        else '<p class="note">No group has rows enough.</p>'
    )


def _text(place: int, words: tuple[int, ...]) -> str:
    return ' class="text"' if place in words else ""


def _cell(place: int, words: tuple[int, ...]) -> str:
    return ' class="words"' if place in words else ""

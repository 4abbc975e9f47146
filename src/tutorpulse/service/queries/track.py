"""The track record as it was judged last."""

from collections.abc import Iterator, Sequence

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.queries.shapes import TrackItem, TrackLine, TrackRecord
from tutorpulse.service.track.terms import gap_us
from tutorpulse.store.state import State
from tutorpulse.store.state.track import FiguresRow
from tutorpulse.training.track.outcomes import settled_us
from tutorpulse.training.track.shapes import Interval, OutputFigures

LINE_OUTPUT = "churn_risk_14d"
_RISK = {"tutor": "burnout risk", "student": "churn risk"}


class TrackAsked(msgspec.Struct, frozen=True):
    """Which figures: of one kind, output, model or month where given."""

    kind: EntityType | None = None
    output: str | None = None
    model_version: str | None = None
    month: str | None = None

    def wants(self, row: FiguresRow) -> bool:
        """Whether a row is among them."""
        asked = (self.kind, self.output, self.model_version, self.month)
        has = (row.entity_type, row.output, row.model_version, row.month)
        return all(a is None or a == h for a, h in zip(asked, has, strict=True))


def track_record(state: State, asked: TrackAsked) -> TrackRecord:
    """What came true, as far as it was taken down by the last look; models in shadow after those that served."""
    rows = state.track.figures()
    items = [_item(row) for row in rows if asked.wants(row)]
    items += [_item(row, True) for row in state.shadow.figures() if asked.wants(row)]
    return TrackRecord(track_lines(state), None if _any_matured(rows) else _first_due(state), tuple(items))


def track_lines(state: State) -> tuple[TrackLine, ...]:
    """A line for each kind that has a month whose outcomes are all known; several models of a month count together."""
    rows = [row for row in state.track.figures() if row.output == LINE_OUTPUT]
    lines = (_line(state, kind, [r for r in rows if r.entity_type == kind]) for kind in ENTITY_TYPES)
    return tuple(line for line in lines if line is not None)


def _line(state: State, kind: EntityType, rows: Sequence[FiguresRow]) -> TrackLine | None:
    for month in dict.fromkeys(row.month for row in rows):
        of_month = [(row, _figures(row)) for row in rows if row.month == month]
        if all(figures.complete for _, figures in of_month) and any(f.risk for _, f in of_month):
            terms = state.track.terms(kind)
            exits = all(terms[row.model_version].churn_label == "exit" for row, _ in of_month)
            return _told(kind, month, [figures for _, figures in of_month], exits)
    return None


def _told(kind: EntityType, month: str, made: Sequence[OutputFigures], exits: bool) -> TrackLine | None:
    judged = [(figures.rows, figures.risk) for figures in made if figures.risk is not None]
    picks = [risk.flagged[1] for _, risk in judged]
    flagged = sum(pick.rows for pick in picks)
    total = sum(rows for rows, _ in judged)
    of_all = sum(rows * risk.rate.value for rows, risk in judged) / total
    bound = picks[0].bound
    assert bound is not None, "the second of what is flagged has a bound"
    left = _pooled([(pick.rows, pick.precision) for pick in picks if pick.precision is not None])
    became = "left" if exits else "fell silent"
    start = f"{kind.capitalize()}s given a {_RISK[kind]} above {_percent(bound)} in {month}"
    if left is None:
        return TrackLine(kind, month, bound, 0, None, of_all, f"{start}: none.")
    sentence = f"{start}: {_percent(left.value)} {became} within 14 days, {_percent(of_all)} of all."
    return TrackLine(kind, month, bound, flagged, left, of_all, sentence)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _pooled(parts: Sequence[tuple[int, Interval]]) -> Interval | None:
    """The mean over all parts' rows; bounds only where it is one part."""
    if len(parts) <= 1:
        return parts[0][1] if parts else None
    return Interval(sum(n * part.value for n, part in parts) / sum(n for n, _ in parts))


def _item(row: FiguresRow, shadow: bool = False) -> TrackItem:
    kind: EntityType = "tutor" if row.entity_type == "tutor" else "student"
    judged = format_time(row.judged_us)
    return TrackItem(
        kind, row.output, row.model_version, row.month, judged, row.closed, _figures(row), shadow
    )


def _figures(row: FiguresRow) -> OutputFigures:
    return msgspec.json.decode(row.figures, type=OutputFigures)


def _any_matured(rows: Sequence[FiguresRow]) -> bool:
    return any(_figures(row).matured for row in rows)


def _first_due(state: State) -> str | None:
    due = [us for kind in ENTITY_TYPES for us in _due(state, kind)]
    return format_time(min(due)) if due else None


def _due(state: State, kind: EntityType) -> Iterator[int]:
    terms = state.track.terms(kind)
    for version in state.track.versions(kind):
        if version in terms:
            yield settled_us("inactive_14d", gap_us(terms[version]), state.track.span_us(kind, version)[0])

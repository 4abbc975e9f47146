"""What several verbs show alike: segments in colour, numbers for people, tables without clutter."""

from collections.abc import Mapping

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tutorpulse.cli import console
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.summary import Summary
from tutorpulse.service.today import InNeed
from tutorpulse.store.state import Run
from tutorpulse.training.track.shapes import Interval

_STYLES = {
    "star": "bold green",
    "thriving": "bold green",
    "healthy": "green",
    "at_risk": "yellow",
    "churning": "bold red",
    "churned": "bold red",
}

_BLOCKS = "▁▂▃▄▅▆▇█"


def segment_text(segment: str | None) -> Text:
    """A segment in its colour; a dash where there is none."""
    return Text(segment or "–", _STYLES.get(segment or "", "dim"))


def number_text(name: str, value: float | None) -> str:
    """A fact's value with its unit, a dash where it is missing."""
    return "–" if value is None else PHRASES[name].number(value)


def plain_table(*headers: str, right: tuple[int, ...] = (), fixed: tuple[int, ...] = ()) -> Table:
    """A table with a line under its header and nothing else; columns `right` are set right, `fixed` ones never wrap."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, header in enumerate(headers):
        table.add_column(header, justify="right" if place in right else "left", no_wrap=place in fixed)
    return table


def section(title: str, body: RenderableType, footer: str = "") -> Group:
    """A heading, what stands under it, and a dim line below."""
    parts: list[RenderableType] = [Text(title, "bold"), body]
    if footer:
        parts.append(Text(footer, "dim"))
    return Group(*parts, "")


def sparkline(values: list[float], top: float) -> str:
    """Values from 0 to `top` as a line of blocks; empty for none."""
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[max(0, min(steps, round(steps * value / top)))] for value in values)


def show_run(run: Run) -> None:
    """A refresh on the terminal: how many, in which segments and statuses, and its notes."""
    summary = msgspec.json.decode(run.summary, type=Summary)
    counts = msgspec.json.decode(run.status_counts, type=dict[str, dict[str, int]])
    console.out.print(
        f"[bold]{summary.total_processed:,} predicted[/] as of {summary.timestamp}, model {summary.model_version}"
    )
    for kind, segments in (("tutor", summary.tutor_segments), ("student", summary.student_segments)):
        if kind in counts:
            console.out.print(_segment_table(kind, segments, counts[kind]))
    show_notes(msgspec.json.decode(run.notes, type=list[str]))


def _segment_table(kind: str, segments: Mapping[str, int], statuses: Mapping[str, int]) -> Group:
    table = plain_table(f"{kind}s", "", "share", right=(1, 2))
    total = sum(segments.values())
    for name, count in segments.items():
        table.add_row(segment_text(name), f"{count:,}", f"{100 * count / total:.0f} %" if total else "–")
    others = ", ".join(f"{count:,} {name}" for name, count in statuses.items() if count)
    return Group("", table, Text(others, "dim"))


def show_notes(notes: list[str] | tuple[str, ...]) -> None:
    """What a refresh had to say, on standard error."""
    for note in notes:
        console.err.print(Text(f"note: {note}", "dim"))


def show_needs(needs: list[InNeed]) -> None:
    """Who needs someone, and why."""
    if not needs:
        console.print_line(
            "Nobody: of no scored tutor or student both a risk is predicted and a session was completed in 90 days."
        )
        return
    table = plain_table("who", "segment", "at stake", "reason", right=(2,))
    table.columns[0].overflow = "fold"
    for need in needs:
        who = Text.assemble((need.entity_id, "bold"), (f"\n{need.entity_type}", "dim"))
        stake = Text.assemble(f"{need.worth:,.1f}", ("\na month", "dim"))
        segment = segment_text(need.segment)
        if need.override_owner:
            segment = Text.assemble(segment, (f"\nset by {need.override_owner}", "dim"))
        table.add_row(who, segment, stake, need.reason)
    footer = f"By risk × {_UNITS[needs[0].unit]} of 30 days, from the last 90."
    console.out.print(section("Who needs someone today", table, footer))


_UNITS = {"margin": "margin", "price": "revenue", "sessions": "sessions"}


def figure_text(value: float | None) -> str:
    """A figure to three places; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def interval_text(interval: Interval | None, between: str = "-") -> str:
    """A figure with its interval, if it has one."""
    if interval is None:
        return "–"
    bounds = "" if interval.low is None else f" ({interval.low:.3f}{between}{interval.high:.3f})"
    return f"{interval.value:.3f}{bounds}"

"""One entity's page on the terminal, from 80 columns up."""

from collections.abc import Iterable
from itertools import groupby

from rich.columns import Columns
from rich.console import RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.service.shown import Page, ShownExplanation, ShownFact, ShownRecommendation

_HISTORY_SHOWN = 8
_SPARK_SHOWN = 30
_BAR_WIDTH = 10
_TESTS = {"above": ">", "below": "<", "at_least": "≥", "at_most": "≤", "is": "="}


def show_page(page: Page) -> None:
    """Print the page, section by section; empty sections are left out."""
    console.out.print(_header(page))
    for section in _sections(page):
        console.out.print(section)


def _header(page: Page) -> Panel:
    title = Text.assemble(
        (page.entity_id, "bold"),
        f"  {page.entity_type}  {page.status}  ",
        views.segment_text(page.override.segment if page.override else page.current.segment),
        f"  {page.set_apart.state}" if page.set_apart else "",
    )
    return Panel(Text.assemble(title, "\n", (_standing_sentence(page), "dim")), expand=True)


def _standing_sentence(page: Page) -> str:
    if page.current.as_of is None:
        return f"Never scored: {page.status} since before the first refresh."
    parts = [f"as of {page.current.as_of}", f"model {page.model_version}", f"confidence {page.confidence}"]
    if page.from_cohort:
        parts.append("too little history: base rates of the cohort")
    if page.frozen:
        parts.append("frozen: not scored any more")
    if page.override:
        parts.append(f"segment set by {page.override.owner} until {page.override.expires[:10]}")
    if page.stale:
        parts.append("stale: the model could not be reached")
    return ", ".join(parts)


def _predictions(page: Page) -> RenderableType:
    table = views.plain_table("prediction", "now", "so far", right=(1,))
    known = {name: value for name, value in page.current.outputs.items() if value is not None}
    for name, value in known.items():
        trail = Text(_trail(page, name), "cyan")
        table.add_row(_label(name), views.number_text(name, value), trail)
    unknown = [_label(name) for name in page.current.outputs if name not in known]
    notes = [_velocity_note(page), f"Not predicted: {', '.join(unknown)}." if unknown else ""]
    return views.section("Predictions", table, "\n".join(filter(None, notes)))


def _velocity_note(page: Page) -> str:
    """What is known of how far off the expected sessions may be."""
    if page.current.outputs.get("session_velocity") is None:
        return ""
    interval = page.current.intervals.get("session_velocity")
    if interval is None:
        why = "it is the cohort's" if page.from_cohort else "this model has none"
        return f"Expected sessions have no interval: {why}."
    low, high = (PHRASES["session_velocity"].number(bound) for bound in interval)
    return f"Nine of ten such expectations come to between {low.removesuffix(' a week')} and {high}."


def _label(name: str) -> str:
    return " ".join(PHRASES[name].text.replace("{}", "").split())


def _trail(page: Page, name: str) -> str:
    values = [v for standing in page.history[-_SPARK_SHOWN:] if (v := standing.outputs[name]) is not None]
    top = 100.0 if name == "health_score" else 1.0 if PHRASES[name].unit == "%" else max([*values, 1.0])
    return views.sparkline(values, top) if len(values) > 1 else ""


def _sections(page: Page) -> Iterable[RenderableType]:
    if page.current.as_of is not None:
        yield _predictions(page)
    if len(page.history) > 1:
        yield _history(page)
    for explanation in page.explanations:
        yield _explanation(explanation)
    if page.recommendations:
        yield _recommendations(page.recommendations)
    if page.insights:
        yield _insights(page.insights)
    yield _facts(page.facts)


def _history(page: Page) -> RenderableType:
    names = [name for name in page.current.outputs if name.startswith(("burnout", "churn", "health"))]
    table = views.plain_table("of record", "segment", *names, right=(2, 3, 4), fixed=(0,))
    for standing in page.history[-_HISTORY_SHOWN:]:
        numbers = [views.number_text(name, standing.outputs[name]) for name in names]
        table.add_row(_minute(standing.as_of or ""), views.segment_text(standing.segment), *numbers)
    return views.section("History", table)


def _explanation(explanation: ShownExplanation) -> RenderableType:
    name = explanation.output
    if not explanation.drivers:
        note = explanation.note or "this model has no drivers"
        return Text.assemble((f"Why this {_label(name)}: ", "bold"), note, "\n")
    unit = "points" if "point" in explanation.unit else explanation.unit
    table = views.plain_table("fact", unit, "", right=(1,))
    largest = max(abs(driver.contribution) for driver in explanation.drivers) or 1.0
    for driver in explanation.drivers:
        bar = "█" * max(1, round(_BAR_WIDTH * abs(driver.contribution) / largest))
        worse = (driver.contribution > 0) != (name == "health_score")
        style = "red" if worse else "green"
        table.add_row(_told(driver.feature, driver.value), f"{driver.contribution:+.1f}", Text(bar, style))
    now, average = (_points(value) for value in (explanation.prediction, explanation.average))
    return views.section(f"Why the {_label(name)} is {now} where the average is {average}", table)


def _points(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _recommendations(recommendations: Iterable[ShownRecommendation]) -> RenderableType:
    table = views.plain_table("id", "recommendation", "because", fixed=(0,))
    for recommendation in recommendations:
        because = ", ".join(_trigger(trigger) for trigger in recommendation.facts)
        table.add_row(Text(recommendation.recommendation_id, "dim"), recommendation.action, because)
    return views.section("Recommendations", table, "Mark one: tutorpulse act ID done")


def _trigger(trigger: Trigger) -> str:
    if isinstance(trigger.value, str) or isinstance(trigger.threshold, str):
        return f"{trigger.fact} is {trigger.value}"
    scale = PHRASES[trigger.fact].scale
    threshold = PHRASES[trigger.fact].number(trigger.threshold / scale)
    return f"{PHRASES[trigger.fact].told(trigger.value / scale)} ({_TESTS[trigger.test]} {threshold})"


def _insights(insights: Iterable[Insight]) -> RenderableType:
    table = views.plain_table("when", "score", "insight", right=(1,), fixed=(0,))
    for insight in insights:
        score = Text(f"{insight.risk_score:.0f}", "bold red" if insight.critical else "")
        table.add_row(_minute(insight.timestamp), score, escape(insight.explanation))
    return views.section("Insights", table)


def _minute(timestamp: str) -> str:
    return timestamp[:16].replace("T", " ")


def _facts(facts: Iterable[ShownFact]) -> RenderableType:
    shown = list(facts)
    known = [fact for fact in shown if fact.value is not None]
    tables = [_fact_table(group, members) for group, members in groupby(known, key=lambda fact: fact.group)]
    unknown = ", ".join(fact.name for fact in shown if fact.value is None)
    columns = Columns(tables, padding=(1, 3))
    return views.section("Facts", columns, f"\nNot known: {unknown}." if unknown else "")


def _fact_table(group: str, facts: Iterable[ShownFact]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(group.capitalize(), "underline"), "")
    for fact in facts:
        table.add_row(fact.name, views.number_text(fact.name, fact.value))
    return table


def _told(name: str, value: float | None) -> str:
    return PHRASES[name].told(float("nan") if value is None else value)

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
from tutorpulse.decisions.insights import CRITICAL_SCORE, Insight
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.service.page import Page, ShownExplanation, ShownFact, ShownRecommendation

_HISTORY_SHOWN = 8
_SPARK_SHOWN = 30
_BAR_WIDTH = 10
_TESTS = {"above": ">", "below": "<", "at_least": "≥", "at_most": "≤", "is": "="}


def show_page(page: Page) -> None:
    """Print the page, section by section; empty sections are left out."""
    console.out.print(_header(page))
    console.out.print(_predictions(page))
    for section in _sections(page):
        console.out.print(section)


def _header(page: Page) -> Panel:
    title = Text.assemble(
        (page.entity_id, "bold"),
        f"  {page.entity_type}  {page.status}  ",
        views.segment_text(page.current.segment),
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
    if page.stale:
        parts.append("stale: the model could not be reached")
    return ", ".join(parts)


def _predictions(page: Page) -> Table:
    table = views.plain_table("prediction", "now", "so far", title="Predictions")
    table.columns[1].justify = "right"
    for name, value in page.current.outputs.items():
        label = PHRASES[name].text.replace("{}", "").replace("  ", " ").strip()
        table.add_row(label, views.number_text(name, value), Text(_trail(page, name), "cyan"))
    return table


def _trail(page: Page, name: str) -> str:
    values = [v for standing in page.history[-_SPARK_SHOWN:] if (v := standing.outputs[name]) is not None]
    top = 100.0 if name == "health_score" else 1.0 if PHRASES[name].unit == "%" else max([*values, 1.0])
    return views.sparkline(values, top) if len(values) > 1 else ""


def _sections(page: Page) -> Iterable[RenderableType]:
    if len(page.history) > 1:
        yield _history(page)
    for explanation in page.explanations:
        yield _explanation(explanation)
    if page.recommendations:
        yield _recommendations(page.recommendations)
    if page.insights:
        yield _insights(page.insights)
    yield _facts(page.facts)


def _history(page: Page) -> Table:
    names = [name for name in page.current.outputs if name.startswith(("burnout", "churn", "health"))]
    table = views.plain_table("of record", "segment", *names, title="History")
    for standing in page.history[-_HISTORY_SHOWN:]:
        numbers = [views.number_text(name, standing.outputs[name]) for name in names]
        table.add_row(
            (standing.as_of or "")[:16].replace("T", " "), views.segment_text(standing.segment), *numbers
        )
    return table


def _explanation(explanation: ShownExplanation) -> RenderableType:
    name = PHRASES[explanation.output].text.replace("{}", "").strip()
    title = f"Why the {name}"
    if not explanation.drivers:
        return Text.assemble((f"{title}: ", "bold"), explanation.note or "no drivers", "\n")
    unit = "points" if "point" in explanation.unit else explanation.unit
    table = views.plain_table(
        "fact", unit, "", title=f"{title} differs from the average of {explanation.average:.0f}"
    )
    table.columns[1].justify = "right"
    largest = max(abs(driver.contribution) for driver in explanation.drivers) or 1.0
    for driver in explanation.drivers:
        told = _told(driver.feature, driver.value)
        bar = "█" * max(1, round(_BAR_WIDTH * abs(driver.contribution) / largest))
        worse = (driver.contribution > 0) != (explanation.output == "health_score")
        table.add_row(told, f"{driver.contribution:+.1f}", Text(bar, "red" if worse else "green"))
    return table


def _recommendations(recommendations: Iterable[ShownRecommendation]) -> Table:
    table = views.plain_table("id", "recommendation", "because", title="Recommendations")
    table.columns[0].no_wrap = True
    for recommendation in recommendations:
        because = ", ".join(_trigger(trigger) for trigger in recommendation.facts)
        table.add_row(Text(recommendation.recommendation_id, "dim"), recommendation.action, because)
    table.caption = "Mark one: tutorpulse act ID done"
    table.caption_justify = "left"
    return table


def _trigger(trigger: Trigger) -> str:
    if isinstance(trigger.value, str) or isinstance(trigger.threshold, str):
        return f"{trigger.fact} is {trigger.value}"
    scale = PHRASES[trigger.fact].scale
    threshold = PHRASES[trigger.fact].number(trigger.threshold / scale)
    return f"{PHRASES[trigger.fact].told(trigger.value / scale)} ({_TESTS[trigger.test]} {threshold})"


def _insights(insights: Iterable[Insight]) -> Table:
    table = views.plain_table("when", "score", "insight", title="Insights")
    table.columns[0].no_wrap = True
    table.columns[1].justify = "right"
    for insight in insights:
        style = "bold red" if insight.risk_score >= CRITICAL_SCORE else ""
        when = insight.timestamp[:16].replace("T", " ")
        table.add_row(when, Text(f"{insight.risk_score:.0f}", style), escape(insight.explanation))
    return table


def _facts(facts: Iterable[ShownFact]) -> RenderableType:
    groups = [(group, list(members)) for group, members in groupby(facts, key=lambda fact: fact.group)]
    return Columns([_fact_table(group, members) for group, members in groups], padding=(0, 3))


def _fact_table(group: str, facts: list[ShownFact]) -> Table:
    table = views.plain_table("", "", title=group.capitalize())
    table.show_header = False
    table.columns[1].justify = "right"
    for fact in facts:
        style = "dim" if fact.value is None else ""
        table.add_row(Text(fact.name, style), Text(views.number_text(fact.name, fact.value), style))
    return table


def _told(name: str, value: float | None) -> str:
    return PHRASES[name].told(float("nan") if value is None else value)

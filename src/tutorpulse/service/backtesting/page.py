"""The report as one HTML page that needs nothing else: no network, no script, no font of its own."""

from collections.abc import Iterator, Sequence

from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.backtesting import tables
from tutorpulse.service.backtesting.style import STYLE
from tutorpulse.service.backtesting.svg import Series, calibration_plot, period_plot
from tutorpulse.service.backtesting.words import number, risk_name, statement, text
from tutorpulse.service.track.words import interval_words
from tutorpulse.training.backtest.shapes import Fairness, Figures, Report
from tutorpulse.training.track.shapes import Interval, RiskFigures

PLOTTED = ("churn_risk_14d", "churn_risk_30d", "health_score", "first_session_success")


def report_page(report: Report) -> str:
    """The page."""
    kinds = [kind for kind in ENTITY_TYPES if any(f.entity_type == kind for f in report.figures)]
    links = [f'<a href="#{kind}">{kind}s</a>' for kind in kinds]
    nav = "".join([*links, '<a href="#models">models</a>', '<a href="#method">how it was made</a>'])
    body = "".join(part for kind in kinds for part in _kind(report, kind))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Backtest {text(report.scored_from[:10])} to {text(report.scored_to[:10])}</title>"
        f"<style>{STYLE}</style></head><body><main><h1>Backtest</h1>"
        f'<p class="muted">{text(_span(report))}</p><nav>{nav}</nav>{body}'
        f'<h2 id="models">Models</h2>{tables.turns(report)}'
        f'<h2 id="method">How it was made</h2>{_method(report)}</main></body></html>\n'
    )


def _span(report: Report) -> str:
    said = " and ".join(f"{rows:,} predictions of {kind}s" for kind, rows in report.predictions.items())
    return (
        f"{said or 'No predictions'} on {report.dates} dates from {report.scored_from[:10]} to {report.scored_to[:10]}, "
        f"judged by what the log shows until {report.known[:10]}."
    )


def _kind(report: Report, kind: EntityType) -> Iterator[str]:
    figures = [f for f in report.figures if f.entity_type == kind]
    whole = [f for f in figures if f.by == "all"]
    yield f'<h2 id="{kind}">{kind.capitalize()}s</h2>'
    yield "".join(f"<p>{text(line)}</p>" for line in _sentences(kind, whole))
    yield f"<h3>All predictions</h3>{tables.overall(whole)}"
    yield f'<div class="plots">{"".join(_calibrations(whole))}</div>'
    yield f'<div class="plots long">{"".join(_rankings(report, figures, whole))}</div>'
    for by, title in (("cohort", "New (their first 30 days) and established"), ("model", "By model")):
        yield f"<h3>{title}</h3>{_by(figures, by)}"
    for by in ("subject", "period"):
        groups = len({f.group for f in figures if f.by == by})
        yield f"<details><summary>By {by} <span>({groups})</span></summary>{_by(figures, by)}</details>"
    yield from _fairness([line for line in report.fairness if line.entity_type == kind])


def _by(figures: Sequence[Figures], by: str) -> str:
    return tables.grouped([f for f in figures if f.by == by], by)


def _fairness(lines: Sequence[Fairness]) -> Iterator[str]:
    marked = [line for line in lines if line.apart]
    yield f"<h3>Fairness: groups that stand apart</h3>{tables.FAIRNESS_NOTE}"
    yield tables.fairness(marked) if marked else '<p class="note">No group stands apart.</p>'
    yield f"<details><summary>All groups <span>({len(lines)} lines)</span></summary>{tables.fairness(lines)}</details>"


def _sentences(kind: EntityType, whole: Sequence[Figures]) -> Iterator[str]:
    """What flags were worth, and the intervals of velocity, in words."""
    for one in whole:
        if one.velocity is not None:
            yield f"Sessions a week: {interval_words(one.velocity, one.rows)}"
        if one.output != "churn_risk_14d" or one.risk is None:
            continue
        pick = one.risk.flagged[1] if len(one.risk.flagged) > 1 else one.risk.flagged[0]
        befell = "left" if one.churn_label == "exit" else "fell silent"
        above = "in the top 5 %" if pick.bound is None else f"above {pick.bound:.0%}"
        if pick.precision is None:
            yield f"No {kind} was given a {risk_name(kind)} {above}."
            continue
        yield (
            f"Of {kind}s given a {risk_name(kind)} {above}, {pick.precision.value:.0%} {befell} within 14 days "
            f"(of all {one.risk.rate.value:.0%}; of as many with the longest silence {_share(pick.naive_precision)})."
        )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _calibrations(whole: Sequence[Figures]) -> Iterator[str]:
    for one in whole:
        if one.output in PLOTTED and one.risk is not None:
            said = statement(one.output, one.churn_label)
            title = f"{said}: given and came true"
            note = f"slope {number(one.slope.value if one.slope else None, 2)}, calibration error {number(one.ece.value if one.ece else None)}"
            yield _figure(title, note, calibration_plot(one.risk.calibration, title))


def _rankings(report: Report, figures: Sequence[Figures], whole: Sequence[Figures]) -> Iterator[str]:
    for one in whole:
        periods = [
            f
            for f in figures
            if f.by == "period" and (f.output, f.churn_label) == (one.output, one.churn_label) and f.risk
        ]
        if one.output in PLOTTED and len(periods) > 1:
            title = f"{statement(one.output, one.churn_label)}: ranking by period"
            yield _figure(title, _KEY, _ranking(report, periods, title))


_KEY = (
    '<span class="key a" style="margin-left:0"></span>AUC of the predictions <span class="key b"></span>of days since the last session'
    '<span class="key turn"></span>another model'
)


def _ranking(report: Report, periods: Sequence[Figures], title: str) -> str:
    names = [f.group for f in periods]
    risks = [f.risk for f in periods if f.risk is not None]
    own = Series("AUC", "a", [risk.auc for risk in risks])
    silence = Series("days since the last session", "b", [_plain(risk) for risk in risks])
    return period_plot(names, [own, silence], title, _marks(report, names))


def _plain(risk: RiskFigures) -> Interval | None:
    return None if risk.recency_auc is None else Interval(risk.recency_auc)


def _marks(report: Report, names: Sequence[str]) -> list[int]:
    """The periods in which another model began to serve, be it the starter at another level."""
    found = set()
    for turn in report.turns:
        if turn.promoted or turn.levelled_on:
            month = int(turn.at[5:7])
            for name in (turn.at[:7], f"{turn.at[:4]} Q{(month + 2) // 3}", turn.at[:4]):
                if name in names:
                    found.add(names.index(name))
                    break
    return sorted(found)


def _figure(title: str, note: str, drawn: str) -> str:
    return f"<figure><figcaption><strong>{text(title)}</strong>{note}</figcaption>{drawn}</figure>"


def _method(report: Report) -> str:
    often = (
        f"a new model is tried every {report.retrain_days:g} days"
        if report.retrain_days
        else "no model is trained: the starter serves"
    )
    drawn = (
        f"Of each date at most {report.rows_a_date:,} of a kind are looked at, drawn at random."
        if report.thinned
        else "Everybody is looked at."
    )
    return (
        f"<p>The log, from {report.first_event[:10]} on, is replayed in the order in which events were received: every {report.every_days} days whoever is "
        f"new or active is scored from what was known on that day, and {often}, on what was known and had matured. It goes in force by the "
        "rules of a home: in place of the starter model once it suffices, in place of a model of one's own only where it is better beyond noise "
        f"on what came true since; where the starter goes on, it is levelled on what had come true. {drawn}</p>"
        "<p>An interval of 90 % is to hold nine of ten outcomes; its score is its width and 20 times the distance by which an outcome lies outside, the "
        "lower the better, beside that of always giving the central 90 % of these very outcomes.</p>"
        "<p>Outcomes count seven days after they matured, by the label rules, as the log tells them at its end. Intervals are the central 90 % of "
        "resamples of people, for the rows of one are not independent. Recency is the number of days since the last session alone; the base rate's "
        "Brier score that of always saying the rate of these very rows. A calibration error is never below 0; beside it stands what chance alone "
        f"would give. Seed {report.seed}.</p>"
    )

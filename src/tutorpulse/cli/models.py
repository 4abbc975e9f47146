"""`tutorpulse models`: which models there are, which serves, and which one should."""

import getpass
from typing import Annotated

import typer
from rich.text import Text

from tutorpulse.cli import console, views
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.cli.progress import progress_bar
from tutorpulse.clock import format_time
from tutorpulse.errors import InputError
from tutorpulse.model import registry
from tutorpulse.service.lifecycle import comparing, promoting, shadow
from tutorpulse.service.queries.models import model_history
from tutorpulse.service.queries.models import models as all_models
from tutorpulse.service.queries.shapes import Model
from tutorpulse.service.root import open_pulse
from tutorpulse.service.served import reading_scorer
from tutorpulse.service.track.maturing import mature
from tutorpulse.training.contest import Contest, Gain

models = typer.Typer(no_args_is_help=True, help="Models: which there are, which serves, which one should.")
app.add_typer(models, name="models")

VersionArgument = Annotated[
    str, typer.Argument(help="As `tutorpulse models list` names it; `starter`: the starter model.")
]
ReasonOption = Annotated[str, typer.Option(help="Why; kept in the history.")]


@models.command("list")
def list_(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List the models with their figures on held-out time, which serves, which is in shadow, and what served when."""
    with open_pulse(home) as pulse:
        found = all_models(pulse.home.models_path, reading_scorer(pulse).model.version)
        history = model_history(pulse.state)
    if as_json:
        console.print_json(
            {
                "serving": found.serving,
                "shadow": found.shadow,
                "models": found.models,
                "history": history.items,
            }
        )
        return
    table = views.plain_table("model", "", "data to", "tutors 14 d, 30 d", "students 14 d, 30 d", fixed=(0,))
    for model in found.models:
        table.add_row(
            model.version,
            "serves" if model.in_force else "in shadow" if model.version == found.shadow else "",
            "simulated" if model.starter else model.data_to[:10],
            *(_aucs(model, kind) for kind in ("tutor", "student")),
        )
    console.out.print(views.section("Models", table, "AUC of churn on held-out time"))
    for entry in history.items:
        said = f" ({entry.reason})" if entry.reason else ""
        console.out.print(
            Text(
                f"{entry.at[:16]}  {entry.action} {entry.version or 'starter'} by {entry.actor or '?'}{said}"
            )
        )


@models.command()
def promote(
    version: VersionArgument,
    reason: ReasonOption = "",
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Put a saved model in force. A service goes over to it at once and scores everybody anew."""
    with open_pulse(home) as pulse:
        before = promoting.promote(pulse, version, getpass.getuser(), reason)
        noted(pulse.state, "promote model", "model", version)
    _told(version, before, as_json)


@models.command()
def rollback(
    reason: ReasonOption = "",
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Put the model back in force that served before the present one."""
    with open_pulse(home) as pulse:
        current = promoting.current_version(pulse)
        back = promoting.rollback(pulse, getpass.getuser(), reason)
        noted(pulse.state, "rollback model", "model", back or promoting.STARTER)
    _told(back, current, as_json)


@models.command("shadow")
def shadow_(
    version: Annotated[
        str | None, typer.Argument(help="As `tutorpulse models list` names it; `starter`: the starter model.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Have none score in shadow.")] = False,
    reason: ReasonOption = "",
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Have a model score beside the one in force without being shown, or say which does.

    It scores what goes on record: once a day for each entity, and when one changes segment. `models compare` and `track-record` judge it.
    """
    if off and version is not None:
        raise InputError("Give a version or --off, not both.")
    with open_pulse(home) as pulse:
        if off:
            lifted = promoting.lift_shadow(pulse, getpass.getuser(), reason)
            noted(pulse.state, "lift shadow", "model", lifted or "")
        elif version is not None:
            wanted = promoting.cast_shadow(pulse, version, getpass.getuser(), reason)
            noted(pulse.state, "cast shadow", "model", wanted)
        now = registry.shadow_version(pulse.home.models_path)
    if as_json:
        console.print_json({"shadow": now})
    else:
        console.print_line(f"In shadow: {now or 'none'}.")


@models.command()
def compare(
    champion: VersionArgument,
    challenger: VersionArgument,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Judge one model against another on what came true after both had learnt: is the second better beyond noise?

    Where one of both scored in shadow while the other served, also on what they said then.
    """
    with open_pulse(home) as pulse, progress_bar("Comparing") as tell:
        contests = comparing.compare(
            pulse, champion, challenger, lambda _what, done, total: tell(done, total)
        )
        mature(pulse)
        contests += shadow.recorded_contests(pulse, champion, challenger)
    if as_json:
        console.print_json(contests)
        return
    for contest in contests:
        _show(contest)


def _told(version: str | None, before: str | None, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {"model_version": version or promoting.STARTER, "before": before or promoting.STARTER}
        )
    else:
        console.print_line(
            f"In force: {version or 'the starter model'}; before: {before or 'the starter model'}."
        )


def _aucs(model: Model, kind: str) -> str:
    found = [part.metrics for part in model.kinds if part.entity_type == kind]
    if not found:
        return "–"
    aucs = [found[0].get(name, {}).get("auc") for name in ("churn_risk_14d", "churn_risk_30d")]
    return ", ".join("–" if auc is None else f"{auc:.3f}" for auc in aucs)


def _show(contest: Contest) -> None:
    since = format_time(contest.since_us)[:10]
    console.print_line(
        f"{contest.entity_type}s, predictions {'on record ' if contest.recorded else ''}since {since}: "
        f"{contest.verdict} ({contest.reason})"
    )
    if not contest.gains:
        return
    table = views.plain_table(
        "prediction", "rows", "error", "its error", "gain (90 %)", "AUC", "its AUC", right=tuple(range(1, 7))
    )
    for gain in contest.gains:
        table.add_row(gain.output, *_cells(gain))
    console.out.print(table)


def _cells(gain: Gain) -> list[str]:
    bounds = "" if gain.gain.low is None else f" ({gain.gain.low:+.4f} to {gain.gain.high:+.4f})"
    aucs = ["–" if auc is None else f"{auc:.3f}" for auc in (gain.champion_auc, gain.challenger_auc)]
    errors = [f"{gain.champion_error:.4f}", f"{gain.challenger_error:.4f}"]
    return [f"{gain.rows:,}", *errors, f"{gain.gain.value:+.4f}{bounds}", *aucs]

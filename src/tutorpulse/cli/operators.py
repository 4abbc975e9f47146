"""`tutorpulse overrides`, `states`, `feedback` and `reviews`: what operators know better, and requests for human review."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar

import msgspec
import typer

from tutorpulse.cli import console
from tutorpulse.cli.app import app
from tutorpulse.cli.audit import noted
from tutorpulse.decisions.tasks import OperatorState, Verdict
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import find
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.worklist import feedback as judging
from tutorpulse.service.worklist import overrides as overriding
from tutorpulse.service.worklist import reviews as reviewing
from tutorpulse.service.worklist import states as setting_apart
from tutorpulse.service.worklist.shapes import (
    OverrideRequest,
    ReviewAnswer,
    ReviewRequest,
    StateRequest,
    VerdictRequest,
)

T = TypeVar("T")

overrides = typer.Typer(no_args_is_help=True, help="Segments set by hand, with an owner and an end.")
states = typer.Typer(no_args_is_help=True, help="Who is paused, on leave, at their goal.")
feedback = typer.Typer(no_args_is_help=True, help="Whether predictions are right, as operators see it.")
reviews = typer.Typer(no_args_is_help=True, help="Requests that a person look at somebody's record.")
for _group, _name in (
    (overrides, "overrides"),
    (states, "states"),
    (feedback, "feedback"),
    (reviews, "reviews"),
):
    app.add_typer(_group, name=_name)

WhoArgument = Annotated[str, typer.Argument(metavar="ID", help="A tutor's or student's id.")]
KindOption = Annotated[
    EntityType | None, typer.Option("--entity", help="Tutor or student, where both have that id.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who; your login name by default.")]
_IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]


@overrides.command("list")
def list_overrides(
    home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False
) -> None:
    """List the segments that are set by hand now."""
    with open_pulse(home) as pulse:
        found = overriding.overrides_in_force(pulse).items
    _print_list(
        found,
        as_json,
        lambda o: f"{o.override_id} {o.entity_id}: {o.segment} until {o.expires}, by {o.owner}",
    )


@overrides.command("set")
def set_override(
    who: WhoArgument,
    segment: Annotated[str, typer.Argument(help="The segment.")],
    until: Annotated[str, typer.Option(help="When it ends, such as 2026-03-01.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    owner: Annotated[str | None, typer.Option(help="Who answers for it; --by where none is given.")] = None,
    entity: KindOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Set somebody's segment by hand; the model goes on predicting, and the segment is marked as set."""
    _do(
        home,
        as_json,
        "set override",
        lambda p, by: overriding.set_override(
            p, OverrideRequest(_kind(p, who, entity), who, segment, until, reason, owner), by
        ),
        by,
    )


@overrides.command("end")
def end_override(
    override_id: _IdArgument,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """End an override before its time."""
    _do(home, as_json, "end override", lambda p, by: overriding.end_override(p, override_id, by), by)


@states.command("list")
def list_states(home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False) -> None:
    """List who is paused, on leave, at their goal."""
    with open_pulse(home) as pulse:
        found = setting_apart.states_held(pulse).items
    _print_list(found, as_json, lambda s: f"{s.state_id} {s.entity_id}: {s.state} until {s.until or 'ended'}")


@states.command("set")
def set_state(
    who: WhoArgument,
    state: Annotated[OperatorState, typer.Argument(help="What they are.")],
    until: Annotated[str | None, typer.Option(help="Until when; else until it is ended.")] = None,
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    entity: KindOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Say that somebody is paused, on leave or at their goal: kept apart from churn, and told to the log."""
    _do(
        home,
        as_json,
        "set state",
        lambda p, by: setting_apart.set_state(
            p, StateRequest(_kind(p, who, entity), who, state, until, note), by
        ),
        by,
    )


@states.command("end")
def end_state(
    state_id: _IdArgument,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Say that it is over."""
    _do(home, as_json, "end state", lambda p, by: setting_apart.end_state(p, state_id, by), by)


@feedback.command("give")
def give_feedback(
    who: WhoArgument,
    about: Annotated[str, typer.Argument(help="An output such as churn_risk_14d, or segment.")],
    verdict: Annotated[Verdict, typer.Argument(help="Whether it is right.")],
    reason: Annotated[str | None, typer.Option(help="Why; needed where it is wrong.")] = None,
    entity: KindOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Confirm a prediction, or call it wrong; it is kept with what was predicted, and changes no prediction."""
    _do(
        home,
        as_json,
        "judge prediction",
        lambda p, by: judging.give_feedback(
            p, VerdictRequest(_kind(p, who, entity), who, about, verdict, reason), by
        ),
        by,
    )


@feedback.command("counts")
def count_feedback(
    home: console.HomeOption = console.DEFAULT_HOME, as_json: console.JsonOption = False
) -> None:
    """Count verdicts by output."""
    with open_pulse(home) as pulse:
        found = judging.feedback_counts(pulse.state).items
    _print_list(
        found,
        as_json,
        lambda c: (
            f"{c.entity_type} {c.about}: {c.confirmed} confirmed, {c.wrong} wrong ({c.share_confirmed:.0%} right)"
        ),
    )


@reviews.command("list")
def list_reviews(
    home: console.HomeOption = console.DEFAULT_HOME,
    everything: Annotated[bool, typer.Option("--all", help="Answered ones too.")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """List requests for human review."""
    with open_pulse(home) as pulse:
        found = reviewing.reviews_listed(pulse.state, None if everything else True).items
    _print_list(
        found, as_json, lambda r: f"{r.review_id} {r.entity_id}: {r.state}, asked {r.asked}: {r.reason}"
    )


@reviews.command("ask")
def ask_review(
    who: WhoArgument,
    reason: Annotated[str, typer.Argument(help="What is to be looked at.")],
    entity: KindOption = None,
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Ask that a person look at what is held and predicted about somebody."""
    _do(
        home,
        as_json,
        "ask review",
        lambda p, by: reviewing.ask_review(p, ReviewRequest(_kind(p, who, entity), who, reason), by),
        by,
    )


@reviews.command("answer")
def answer_review(
    review_id: _IdArgument,
    outcome: Annotated[Literal["upheld", "changed"], typer.Argument(help="What it came to.")],
    answer: Annotated[str, typer.Argument(help="In words.")],
    by: ByOption = None,
    home: console.HomeOption = console.DEFAULT_HOME,
    as_json: console.JsonOption = False,
) -> None:
    """Answer a request, in your own name."""
    _do(
        home,
        as_json,
        "answer review",
        lambda p, by: reviewing.answer_review(p, review_id, ReviewAnswer(outcome, answer), by),
        by,
    )


def _kind(pulse: Pulse, entity_id: str, entity: EntityType | None) -> EntityType:
    return "tutor" if find(pulse, entity_id, entity).entity_type == "tutor" else "student"


class _OfEntity(Protocol):
    """What an operator's deed answers with is about somebody."""

    @property
    def entity_type(self) -> EntityType: ...

    @property
    def entity_id(self) -> str: ...


def _do(
    home: Path, as_json: bool, action: str, act: Callable[[Pulse, str], _OfEntity], by: str | None
) -> None:
    with open_pulse(home) as pulse:
        found = act(pulse, by or getpass.getuser())
        noted(pulse.state, action, found.entity_type, found.entity_id)
    if as_json:
        console.print_json(found)
        return
    assert isinstance(found, msgspec.Struct), "deeds answer with a shape"
    known = {name: value for name, value in msgspec.structs.asdict(found).items() if value is not None}
    console.print_line(", ".join(f"{name} {value}" for name, value in known.items()))


def _print_list(found: tuple[T, ...], as_json: bool, line: Callable[[T], str]) -> None:
    if as_json:
        console.print_json(found)
        return
    for one in found:
        console.print_line(line(one))
    if not found:
        console.print_line("None.")

"""What operators can make of a task, of a segment, and of what they know about somebody."""

from typing import Literal, get_args

from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType

Move = Literal["done", "dismissed", "snoozed", "assigned", "noted"]
"""What can be done with a task."""

Outcome = Literal["solved", "reached", "not_reached", "declined"]
"""What came of an action: the cause is gone; spoken to, no more; nobody met; help was not wanted."""
OUTCOMES: tuple[str, ...] = get_args(Outcome)

OperatorState = Literal["paused", "on_leave", "goal_reached"]
"""What operators know of somebody that is no churn."""

STATES: dict[EntityType, tuple[OperatorState, ...]] = {
    "tutor": ("paused", "on_leave"),
    "student": ("paused", "on_leave", "goal_reached"),
}

Verdict = Literal["confirmed", "wrong"]

OVERRIDE_DAYS_MAX = 180
"""An override is for a while: whoever still believes in it after half a year says so again."""


def check_state(kind: EntityType, state: str) -> None:
    """Refuse a state that this kind cannot be in.

    Raises:
        InputError: it cannot.
    """
    if state not in STATES[kind]:
        raise InputError(f"A {kind} cannot be {state!r}. Give one of {', '.join(STATES[kind])}.")


def check_move(state: str, move: Move) -> None:
    """Refuse what a task in `state` cannot become. Done stays done, since the log says that somebody acted.

    Raises:
        InputError: it cannot.
    """
    if move == "noted" or (move == "done" and state != "done"):
        return
    if state == "done":
        raise InputError(f"The task is done already and the log says so; it cannot be {move}. Add a note.")
    if state == "dismissed" and move != "assigned":
        raise InputError(f"The task is dismissed already; it cannot be {move}. Mark it done, or add a note.")

"""What trials show, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from tutorpulse.service.proof.estimate import ENOUGH_EACH, ENOUGH_OF_A_KIND, Interval
from tutorpulse.service.proof.shapes import ShownEffect
from tutorpulse.service.proof.uplift import UPLIFT_EACH


@dataclass(frozen=True)
class Outcome:
    """One outcome: the label that tells it, its unit for people, and what to multiply by for that unit."""

    name: str
    label: str
    unit: str
    scale: float
    words: str


OUTCOMES = (
    Outcome("exits", "exit_30d", "percentage points", 100.0, "Exits within 30 days"),
    Outcome("velocity", "session_velocity", "sessions a week", 1.0, "Sessions a week over 28 days"),
    Outcome("health", "health", "percentage points", 100.0, "Share that keeps half of its usual sessions"),
)
"""What a playbook is judged by; the first decides whether it helps."""


def not_enough(outcome: Outcome, acted: int, held: int) -> str:
    """That nothing can be said yet, and what is lacking."""
    lacking = f"{acted} acted on and {held} held out have an outcome; {ENOUGH_EACH} of each are needed"
    if min(acted, held) >= ENOUGH_EACH:
        lacking = f"of either answer each arm needs {ENOUGH_OF_A_KIND}"
    return f"{outcome.words}: not enough yet ({lacking})."


def told_effect(outcome: Outcome, numbers: Sequence[float], decided: bool) -> str:
    """`numbers` in the order of `ShownEffect`: both means, the effect, the bounds for one look and for every look."""
    acted, held, effect, low, high, always_low, always_high = (_number(outcome, n) for n in numbers)
    verdict = "an effect is shown" if decided else "no effect is shown so far"
    return (
        f"{outcome.words}: {acted} where the action was suggested, {held} where it was held back; difference {effect} "
        f"(95 % interval {low} to {high} for one look, {always_low} to {always_high} for every look): {verdict}."
    )


def _number(outcome: Outcome, value: float) -> str:
    return f"{value:.1f}" if outcome.scale == 100.0 else f"{value:.2f}"


def told_playbook(action: str, exits: ShownEffect) -> str:
    """Whether the action keeps people, in one sentence."""
    if exits.effect is None:
        return f"Whether “{action}” keeps anybody is not known: not enough yet."
    if not exits.decided:
        return f"“{action}” has not been shown to keep anybody so far, nor to harm."
    return f"“{action}” is shown to {'keep' if exits.effect < 0 else 'lose'} people."


def told_uplift(gap: Interval | None) -> str:
    """Whether it is known who is helped."""
    if gap is None:
        return f"Who is helped most is not known: not enough yet ({UPLIFT_EACH} outcomes in each arm are needed)."
    if gap.high < 0:
        return (
            "Who is helped most is known: those ranked first are kept by "
            f"{-100 * gap.high:.1f} to {-100 * gap.low:.1f} points more than the others. The work list is in that order."
        )
    return "Who is helped most is not known: those ranked first were not shown to be helped more than the others."

"""Heads and outputs, declared: which boosted models are fitted, on which label, and how predictions follow from them.

A head's margin z is a log-odds, or the logarithm of a rate. Risks that are ordered by logic are made of conditional
heads, so that no data can break the order: gone <= left within 14 days <= left within 30 days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Objective: TypeAlias = Literal["binary", "poisson"]
ChurnLabel: TypeAlias = Literal["exit", "inactive"]


@dataclass(frozen=True)
class HeadSpec:
    """One boosted model: its name, what it is fitted to, and the condition of the rows it is fitted on, if any.

    `given` names another label and the value that it has in the rows that count.
    """

    name: str
    label: str
    objective: Objective = "binary"
    given: tuple[str, float] | None = None


HEADS: tuple[HeadSpec, ...] = (
    HeadSpec("already_gone", "already_gone"),
    HeadSpec("exit_14d_if_here", "exit_14d", given=("already_gone", 0.0)),
    HeadSpec("exit_30d_if_here_14d", "exit_30d", given=("exit_14d", 0.0)),
    HeadSpec("inactive_14d", "inactive_14d"),
    HeadSpec("inactive_30d_if_14d", "inactive_30d", given=("inactive_14d", 1.0)),
    HeadSpec("session_velocity", "session_velocity", "poisson"),
    HeadSpec("first_session_success", "first_session_success"),
    HeadSpec("health", "health"),
)
"""Every head, in the order of fitting."""


class Rule(Enum):
    """How the margins of an output's heads make its value."""

    ANY = "any"
    """1 - product of (1 - p): it happens in one of the periods."""
    ALL = "all"
    """Product of p."""
    RATE = "rate"
    """exp(z)."""


@dataclass(frozen=True)
class OutputSpec:
    """One output: the field of `Predictions`, its label, the heads it is made of, and its unit for people.

    `scale` takes a probability to the field's own scale, `shown_scale` that to the unit of explanations.
    """

    name: str
    label: str
    heads: tuple[str, ...]
    rule: Rule
    unit: str = "percentage points"
    scale: float = 1.0
    shown_scale: float = 100.0

    def value(self, margins: Sequence[Floats]) -> Floats:
        """The output of n rows from its heads' margins, each of length n."""
        if self.rule is Rule.RATE:
            return np.exp(margins[0]) * self.scale
        sign = -1.0 if self.rule is Rule.ANY else 1.0
        product = np.prod([sigmoid(sign * z) for z in margins], axis=0)
        return np.asarray(self.scale * (1 - product if self.rule is Rule.ANY else product), np.float64)

    def gradient(self, margins: Sequence[Floats]) -> list[Floats]:
        """The derivative of `value` by each head's margin."""
        if self.rule is Rule.RATE:
            return [np.exp(margins[0]) * self.scale]
        sign = -1.0 if self.rule is Rule.ANY else 1.0
        product = np.prod([sigmoid(sign * z) for z in margins], axis=0)
        return [self.scale * product * sigmoid(-sign * z) for z in margins]


_GONE = ("already_gone",)
_INACTIVE = ("inactive_14d", "inactive_30d_if_14d")
_EXIT = (*_GONE, "exit_14d_if_here", "exit_30d_if_here_14d")

_EXIT_OUTPUTS = (
    OutputSpec("already_gone", "already_gone", _EXIT[:1], Rule.ANY),
    OutputSpec("churn_risk_14d", "exit_14d", _EXIT[:2], Rule.ANY),
    OutputSpec("churn_risk_30d", "exit_30d", _EXIT, Rule.ANY),
)
_INACTIVE_OUTPUTS = (
    OutputSpec("churn_risk_14d", "inactive_14d", _INACTIVE[:1], Rule.ALL),
    OutputSpec("churn_risk_30d", "inactive_30d", _INACTIVE, Rule.ALL),
)
_COMMON_OUTPUTS = (
    OutputSpec("inactive_14d", "inactive_14d", _INACTIVE[:1], Rule.ALL),
    OutputSpec("inactive_30d", "inactive_30d", _INACTIVE, Rule.ALL),
    OutputSpec(
        "session_velocity",
        "session_velocity",
        ("session_velocity",),
        Rule.RATE,
        "sessions a week",
        shown_scale=1.0,
    ),
    OutputSpec("first_session_success", "first_session_success", ("first_session_success",), Rule.ALL),
    OutputSpec("health_score", "health", ("health",), Rule.ALL, "points", 100.0, 1.0),
)


def output_specs(churn_label: ChurnLabel) -> tuple[OutputSpec, ...]:
    """Every output; with `inactive`, churn means inactivity and nobody is said to have left already."""
    churn = _EXIT_OUTPUTS if churn_label == "exit" else _INACTIVE_OUTPUTS
    return (*churn, *_COMMON_OUTPUTS)


def output_spec(name: str, churn_label: ChurnLabel) -> OutputSpec | None:
    """The output of that name, or None where the churn label has none."""
    return next((spec for spec in output_specs(churn_label) if spec.name == name), None)


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)), np.float64)

"""The protocol of simulated marketplaces: how much of what can be known, by hidden state or by events, a model knows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import msgspec
import numpy as np

from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import VELOCITY_BOUNDS, Predictions
from tutorpulse.model.outputs import Floats, output_specs
from tutorpulse.simulate.marketplaces import ORACLE_SEEDS, STARTER_SEEDS, drawn
from tutorpulse.simulate.record import KINDS
from tutorpulse.training.kind import recency_of
from tutorpulse.training.months import MonthSlope, month_slopes
from tutorpulse.training.observable import ObservableOracle, observable_oracle
from tutorpulse.training.practice import Compute, Drill, Practice, Scorer, practise
from tutorpulse.training.skill import (
    RECENCY_AT_MOST,
    RateRows,
    RateSkill,
    RiskRows,
    RiskSkill,
    rate_skill,
    risk_skill,
)

RISKS = ("already_gone", "churn_risk_14d", "churn_risk_30d", "health_score", "first_session_success")
_KEEPING = ("health_score", "first_session_success")
"""Outputs that are the higher, the better: recency counts against them."""

HORIZONS = ("churn_risk_14d", "churn_risk_30d")
"""Risks of leaving: a seed counts for them only where silence alone does not tell nearly all (`RECENCY_AT_MOST`)."""

VELOCITY = "session_velocity"

LABEL_OF = {spec.name: spec.label for spec in output_specs("exit")}


@dataclass(frozen=True)
class Sample:
    """From how many marketplaces, and how large, the observable oracle learns; no marketplace: there is no such oracle."""

    marketplaces: int = 12
    tutors: int = 400
    students: int = 4000
    drill: Drill = field(default_factory=lambda: Drill(mornings=8, continuations=12))


@dataclass(frozen=True)
class Judging:
    """Which marketplaces judge, each of `tutors` and `students`, and what they are studied with."""

    seeds: Sequence[int]
    tutors: int = 2000
    students: int = 20_000
    drill: Drill = field(default_factory=Drill)
    sample: Sample = field(default_factory=Sample)


class KindFigures(msgspec.Struct, frozen=True):
    """Figures of one scorer on one kind: of the risks by output, and of the velocity."""

    risks: dict[str, RiskSkill]
    velocity: RateSkill | None


class SeedFigures(msgspec.Struct, frozen=True):
    """One marketplace: figures by scorer and kind; of what it cannot judge, why."""

    seed: int
    scorers: dict[str, dict[EntityType, KindFigures]]
    not_judged: list[str]


class Spread(msgspec.Struct, frozen=True):
    """Mean, least and largest of a figure over the seeds that have it."""

    mean: float
    least: float
    largest: float
    seeds: int


class SimulatedFigures(msgspec.Struct, frozen=True):
    """All seeds, the spread of each figure by scorer, kind, output and name, and the months of each risk over all seeds."""

    tutors: int
    students: int
    days: int
    mornings: int
    continuations: int
    oracle_marketplaces: int
    seeds: list[SeedFigures]
    spread: dict[str, dict[EntityType, dict[str, dict[str, Spread]]]]
    months: dict[str, dict[EntityType, dict[str, list[MonthSlope]]]]


Tell = Callable[[str, int, int], None]


def simulated_figures(
    judging: Judging,
    compute: Compute,
    scorers: Mapping[str, Scorer],
    names: Mapping[EntityType, list[str]],
    tell: Tell,
) -> SimulatedFigures:
    """Judge scorers on marketplaces that they have not seen. `names` are the columns of a frame's features and context.

    Raises:
        InputError: a seed belongs to the starter model or to the observable oracle.
    """
    _check_seeds(judging.seeds)
    oracle = _oracle(judging.sample, compute, tell)
    seeds, judged = [], list[_Judged]()
    for place, seed in enumerate(judging.seeds):
        market = drawn(seed, (judging.tutors, judging.tutors), (judging.students, judging.students))
        steps = judging.drill.mornings

        def told(done: int, _: int, place: int = place, steps: int = steps) -> None:
            tell("judging", place * steps + done, len(judging.seeds) * steps)

        practices = practise(market, judging.drill, compute, scorers, told)
        judges = _judges(seed, practices, oracle, list(scorers), names)
        seeds.append(_seed_figures(seed, judges))
        judged.append({key: judge.rows for key, judge in judges.items()})
    return SimulatedFigures(
        judging.tutors,
        judging.students,
        judging.drill.days,
        judging.drill.mornings,
        judging.drill.continuations,
        judging.sample.marketplaces,
        seeds,
        _spreads(seeds),
        _months(judged),
    )


def _check_seeds(seeds: Sequence[int]) -> None:
    for seed in seeds:
        if seed in STARTER_SEEDS or seed in ORACLE_SEEDS:
            raise InputError(
                f"Seed {seed} cannot judge: {STARTER_SEEDS.start}-{STARTER_SEEDS.stop - 1} taught the starter model, "
                f"{ORACLE_SEEDS.start}-{ORACLE_SEEDS.stop - 1} the observable oracle. Give others with --seeds."
            )


def _oracle(sample: Sample, compute: Compute, tell: Tell) -> ObservableOracle | None:
    if not sample.marketplaces:
        return None
    practices: list[Practice] = []
    for place, seed in enumerate(ORACLE_SEEDS[: sample.marketplaces]):
        tell("observable oracle", place, sample.marketplaces)
        market = drawn(seed, (sample.tutors, sample.tutors), (sample.students, sample.students))
        practices += practise(market, sample.drill, compute, {}, lambda _done, _total: None)
    return observable_oracle(practices, [LABEL_OF[name] for name in (*RISKS, VELOCITY)], ORACLE_SEEDS.start)


_Key: TypeAlias = tuple[str, EntityType]
"""A scorer and a kind."""

_Judged: TypeAlias = dict[_Key, dict[str, RiskRows]]
"""Rows of each risk by scorer and kind."""


def _judges(
    seed: int,
    practices: Sequence[Practice],
    oracle: ObservableOracle | None,
    scorers: Sequence[str],
    names: Mapping[EntityType, list[str]],
) -> "dict[_Key, _Judge]":
    able = {
        (scorer, kind): [p for p in practices if p.kind == kind and scorer in p.predictions]
        for scorer in scorers
        for kind in KINDS
    }
    return {key: _Judge(mine, oracle, key[0], names[key[1]], seed) for key, mine in able.items() if mine}


def _seed_figures(seed: int, judges: "Mapping[_Key, _Judge]") -> SeedFigures:
    figures: dict[str, dict[EntityType, KindFigures]] = {}
    for (scorer, kind), judge in judges.items():
        figures.setdefault(scorer, {})[kind] = judge.figures()
    return SeedFigures(seed, figures, sorted(_unjudged(figures)))


def _months(judged: Sequence[_Judged]) -> dict[str, dict[EntityType, dict[str, list[MonthSlope]]]]:
    found: dict[str, dict[EntityType, dict[str, list[MonthSlope]]]] = {}
    for key in dict.fromkeys(key for each in judged for key in each):
        scorer, kind = key
        of_key = [each[key] for each in judged if key in each]
        found.setdefault(scorer, {})[kind] = {
            risk: month_slopes([rows[risk] for rows in of_key]) for risk in RISKS
        }
    return found


def _unjudged(figures: Mapping[str, Mapping[EntityType, KindFigures]]) -> set[str]:
    return {
        f"{kind} {output}: recency's AUC {skill.recency_auc:.3f} is {_too_near(output)} the full oracle's {skill.oracle_auc:.3f}"
        for kinds in figures.values()
        for kind, of_kind in kinds.items()
        for output, skill in of_kind.risks.items()
        if skill.skill is None
    }


def _too_near(output: str) -> str:
    return f"not below {RECENCY_AT_MOST} of" if output in HORIZONS else "not .05 below"


class _Judge:
    """One scorer on one kind in one marketplace, all its mornings together."""

    def __init__(
        self,
        practices: Sequence[Practice],
        oracle: ObservableOracle | None,
        scorer: str,
        names: list[str],
        seed: int,
    ) -> None:
        self._practices, self._oracle, self._scorer, self._seed = practices, oracle, scorer, seed
        self._recency = np.concatenate([recency_of(p.frame.features, names) for p in practices])
        self._morning = np.concatenate([np.full(len(p.frame), p.frame.as_of_us) for p in practices])

    def figures(self) -> KindFigures:
        """Figures of all outputs that have both outcomes."""
        risks = {name: self._risk(name, rows) for name, rows in self.rows.items()}
        known = {name: skill for name, skill in risks.items() if skill is not None}
        return KindFigures(known, rate_skill(self._velocity()))

    @cached_property
    def rows(self) -> dict[str, RiskRows]:
        """The rows of each risk, all mornings together."""
        return {name: self._rows(name) for name in RISKS}

    def _velocity(self) -> RateRows:
        low, high = (self._made(name) for name in VELOCITY_BOUNDS)
        seen = self._seen(lambda oracle, p: oracle.rate(p, VELOCITY))
        return RateRows(self._labels(VELOCITY), self._made(VELOCITY), low, high, self._truth(VELOCITY), seen)

    def _risk(self, name: str, rows: RiskRows) -> RiskSkill | None:
        return risk_skill(rows, self._seed, RECENCY_AT_MOST if name in HORIZONS else 1.0)

    def _rows(self, name: str) -> RiskRows:
        scale = 100.0 if name == "health_score" else 1.0
        recency = -self._recency if name in _KEEPING else self._recency
        label = LABEL_OF[name]
        seen = self._seen(lambda oracle, p: oracle.probability(p, label))
        made = self._made(name) / scale
        return RiskRows(self._labels(label), made, recency, self._truth(label), seen, self._morning)

    def _seen(self, told: Callable[[ObservableOracle, Practice], Floats]) -> Floats | None:
        oracle = self._oracle
        return None if oracle is None else np.concatenate([told(oracle, p) for p in self._practices])

    def _labels(self, label: str) -> Floats:
        return np.concatenate([p.label[label] for p in self._practices])

    def _truth(self, label: str) -> Floats:
        return np.concatenate([p.truth[label] for p in self._practices])

    def _made(self, name: str) -> Floats:
        made: list[Predictions] = [p.predictions[self._scorer] for p in self._practices]
        return np.concatenate([np.asarray(getattr(each, name), np.float64) for each in made])


def _spreads(seeds: Sequence[SeedFigures]) -> dict[str, dict[EntityType, dict[str, dict[str, Spread]]]]:
    found: dict[str, dict[EntityType, dict[str, dict[str, Spread]]]] = {}
    for scorer, kind, output, name, values in _gathered(seeds):
        spread = Spread(float(np.mean(values)), min(values), max(values), len(values))
        found.setdefault(scorer, {}).setdefault(kind, {}).setdefault(output, {})[name] = spread
    return found


def _gathered(seeds: Sequence[SeedFigures]) -> list[tuple[str, EntityType, str, str, list[float]]]:
    """Every figure by scorer, kind, output and name with its values over the seeds; those without one are left out."""
    values: dict[tuple[str, EntityType, str, str], list[float]] = {}
    for each in seeds:
        for scorer, kinds in each.scorers.items():
            for kind, of_kind in kinds.items():
                for output, skill in [*of_kind.risks.items(), (VELOCITY, of_kind.velocity)]:
                    for name, value in (msgspec.structs.asdict(skill) if skill else {}).items():
                        if isinstance(value, float):
                            values.setdefault((scorer, kind, output, name), []).append(value)
    return [(*key, found) for key, found in values.items()]

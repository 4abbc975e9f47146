"""What one entity is held against: the hours of all tutors, the median and spread of every feature.

Measured over all scored entities of a kind at a whole refresh, and kept: a refresh of a few uses what the last whole one
measured, so that whoever happens to be refreshed together does not decide who is a star.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from tutorpulse.decisions.notable import Peers, peers
from tutorpulse.decisions.segments import HoursRule, hours_rule
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service.scoring import Scorer, matrix


@dataclass(frozen=True)
class Population:
    """The peers of one kind and, of tutors, the rule on hours."""

    peers: Peers
    hours: HoursRule | None


class _Kept(msgspec.Struct, frozen=True):
    """A population as JSON: columns by name, None where a number is not known."""

    median: dict[str, float | None]
    spread: dict[str, float | None]
    declaring_share: float | None
    median_hours: float | None
    waived: bool
    low: dict[str, float | None] = {}
    high: dict[str, float | None] = {}


def measured(scorer: Scorer, scored: FeatureFrame) -> Population:
    """The population of the scored entities of a kind; of nobody, nothing is notable and hours are waived."""
    catalog = scorer.catalog[scored.entity_type]
    hours = None
    if scored.entity_type == "tutor":
        hours = hours_rule(column(scorer, scored, "available_hours_this_week"))
    return Population(
        peers(matrix(scored), [f.healthy for f in catalog], [f.group for f in catalog]),
        hours,
    )


def column(scorer: Scorer, frame: FeatureFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """One of the 46 by its name."""
    place = scorer.feature_names(frame.entity_type).index(name)
    return frame.features[:, place].astype(np.float64)


def to_json(population: Population, names: tuple[str, ...]) -> str:
    """What is kept of a population whose columns are called `names`."""
    hours = population.hours
    kept = _Kept(
        median=_by_name(names, population.peers.median),
        spread=_by_name(names, population.peers.spread),
        declaring_share=hours.declaring_share if hours else None,
        median_hours=_none_if_nan(hours.median_hours) if hours else None,
        waived=hours is None or hours.waived,
        low=_by_name(names, population.peers.low),
        high=_by_name(names, population.peers.high),
    )
    return msgspec.json.encode(kept).decode()


def from_json(text: str, scorer: Scorer, kind: EntityType) -> Population:
    """The population that was kept; what is not known of a column by its name makes it notable for nobody."""
    kept, catalog = msgspec.json.decode(text, type=_Kept), scorer.catalog[kind]
    names = [feature.name for feature in catalog]
    bare = peers(
        np.empty((0, len(names)), np.float32), [f.healthy for f in catalog], [f.group for f in catalog]
    )
    median, spread, low, high = (
        _column_of(names, of) for of in (kept.median, kept.spread, kept.low, kept.high)
    )
    known = Peers(median, spread, bare.healthy, bare.groups, low, high)
    hours = None
    if kept.declaring_share is not None:
        hours = HoursRule(kept.declaring_share, _nan_if_none(kept.median_hours), kept.waived)
    return Population(known, hours)


def _by_name(
    names: tuple[str, ...], values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> dict[str, float | None]:
    return {name: _none_if_nan(value) for name, value in zip(names, values.tolist(), strict=True)}


def _column_of(
    names: list[str], values: dict[str, float | None]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([_nan_if_none(values.get(name)) for name in names], dtype=np.float64)


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else value


def _nan_if_none(value: float | None) -> float:
    return float("nan") if value is None else value

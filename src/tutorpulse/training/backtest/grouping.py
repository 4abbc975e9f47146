"""How the rows of a backtest are grouped: by cohort, model, period, subject, tenure, region."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import us_to_datetime
from tutorpulse.model.cohorts import BAND_STARTS_DAYS, bands
from tutorpulse.model.usual import NEW_DAYS
from tutorpulse.training.backtest.lines import Lines
from tutorpulse.training.timeline import Bools, Ints

MOST_GROUPS = 12
"""Subjects and regions shown, those with the most rows first."""

MOST_MONTHS, MOST_QUARTERS = 24, 24
"""Beyond so many months the period is the quarter, beyond so many quarters the year."""


@dataclass(frozen=True)
class Traits:
    """What entities of one kind are known by: members (codes) of each group, by subject and by region."""

    subjects: Mapping[str, Ints]
    regions: Mapping[str, Ints]


NO_TRAITS = Traits({}, {})


def by_cohort(lines: Lines) -> Iterator[tuple[str, Bools]]:
    """Those in their first 30 days, and the others; an unknown tenure counts as new."""
    new = ~(lines.tenure_days >= NEW_DAYS)
    yield "new", new
    yield "established", ~new


def by_model(lines: Lines) -> Iterator[tuple[str, Bools]]:
    """By the version that said it, in order of its first word."""
    first = {
        version: int(lines.as_of_us[lines.version == version].min())
        for version in set(lines.version.tolist())
    }
    for version in sorted(first, key=lambda v: (first[v], v)):
        yield version, lines.version == version


def by_period(lines: Lines) -> Iterator[tuple[str, Bools]]:
    """By the month, quarter or year (UTC) in which it was said, so that there are not too many."""
    moments, places = np.unique(lines.as_of_us, return_inverse=True)
    names = np.array(period_names(moments), dtype=object)[places]
    for name in sorted(set(names.tolist())):
        yield name, names == name


def period_names(moments_us: Ints) -> list[str]:
    """The period of each of sorted moments: all months, all quarters, or all years."""
    days = [us_to_datetime(int(us)) for us in moments_us]
    months = [f"{day.year}-{day.month:02}" for day in days]
    quarters = [f"{day.year} Q{(day.month + 2) // 3}" for day in days]
    if len(set(months)) <= MOST_MONTHS:
        return months
    return quarters if len(set(quarters)) <= MOST_QUARTERS else [str(day.year) for day in days]


def by_tenure(lines: Lines) -> Iterator[tuple[str, Bools]]:
    """By the bands of `model.cohorts`."""
    band = bands(lines.tenure_days)
    starts = [int(start) for start in BAND_STARTS_DAYS]
    for place, start in enumerate(starts):
        name = f"{start} to {starts[place + 1]} days" if place + 1 < len(starts) else f"over {start} days"
        yield name, band == place


def by_members(lines: Lines, members: Mapping[str, Ints]) -> Iterator[tuple[str, Bools]]:
    """By groups that an entity may be in none or several of; the largest only."""
    masks = {name: np.isin(lines.entity, codes) for name, codes in members.items()}
    largest = sorted(masks, key=lambda name: (-int(masks[name].sum()), name))[:MOST_GROUPS]
    for name in sorted(largest):
        yield name, masks[name]


def members_of(codes: Ints, names: NDArray[np.object_]) -> dict[str, Ints]:
    """The members of each group from pairs of a code and a name; codes below 0 are nobody's."""
    there = codes >= 0
    codes, names = codes[there], names[there]
    order = np.argsort(names.astype(str), kind="stable")
    found, starts = np.unique(names[order].astype(str), return_index=True)
    return dict(zip(found.tolist(), np.split(codes[order], starts[1:]), strict=True)) if len(found) else {}

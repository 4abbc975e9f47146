"""Where everybody of a kind lies in each feature, for one to be held against."""

import msgspec
import numpy as np

from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.service.scoring import matrix

LOW, MIDDLE, HIGH = 10, 50, 90
"""Percentiles: the middle 80 % and the median."""


class Range(msgspec.Struct, frozen=True):
    """The 10th, 50th and 90th percentile of a feature over `count` entities of which it is known."""

    low: float
    middle: float
    high: float
    count: int


def ranges(frame: FeatureFrame) -> dict[str, Range]:
    """By feature, over the rows of a frame; features of which nothing is known are left out."""
    names = [feature.name for feature in CATALOGS[frame.entity_type].shown()]
    found: dict[str, Range] = {}
    for name, column in zip(names, matrix(frame).T, strict=True):
        known = column[~np.isnan(column)]
        if len(known):
            low, middle, high = np.percentile(known, (LOW, MIDDLE, HIGH)).tolist()
            found[name] = Range(low, middle, high, len(known))
    return found

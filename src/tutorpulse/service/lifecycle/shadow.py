"""A model in shadow, judged by what it said beside the model that served."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.outputs import ChurnLabel, output_specs
from tutorpulse.service.lifecycle.promoting import artifact_of
from tutorpulse.service.root import Pulse
from tutorpulse.store.state.track import RecordedRows
from tutorpulse.training.contest import MIN_ROWS, Contest, Gain, gain_of, verdict
from tutorpulse.training.train import DEFAULT_SEED

_ALWAYS_US = 2**62


def recorded_contests(
    pulse: Pulse, champion: str, challenger: str, seed: int = DEFAULT_SEED
) -> list[Contest]:
    """A contest for each kind of which one of both scored in shadow while the other served, on what both said of the same entities at
    the same moments, as far as its outcome was taken down.

    Raises:
        ModelError: there is no such version.
    """
    names = tuple(artifact_of(pulse, version).version for version in (champion, challenger))
    found = (_contest(pulse, kind, names[0], names[1], seed) for kind in ENTITY_TYPES)
    return [contest for contest in found if contest is not None]


def _contest(pulse: Pulse, kind: EntityType, champion: str, challenger: str, seed: int) -> Contest | None:
    state = pulse.state
    sides = []
    for version in (champion, challenger):
        track = state.shadow if version in state.shadow.versions(kind) else state.track
        sides.append(track.between(kind, version, 0, _ALWAYS_US))
    pairs = _Pairs.of(*sides)
    if not len(pairs.ids):
        return None
    since_us = int(pairs.as_of_us.min())
    terms = [state.track.terms(kind).get(version) for version in (champion, challenger)]
    if terms[0] is None or terms[0] != terms[1]:
        reason = "churn does not mean the same to both"
        return Contest(kind, champion, challenger, since_us, "not judged", reason, recorded=True)
    label: ChurnLabel = "exit" if terms[0].churn_label == "exit" else "inactive"
    told = tuple(pairs.gains(label, seed))
    return Contest(kind, champion, challenger, since_us, *verdict(told), told, recorded=True)


@dataclass(frozen=True)
class _Pairs:
    """What two models said of the same entities at the same moments: their places in both records."""

    champion: RecordedRows
    challenger: RecordedRows
    places: tuple[NDArray[np.intp], NDArray[np.intp]]

    @classmethod
    def of(cls, champion: RecordedRows, challenger: RecordedRows) -> "_Pairs":
        place = {key: i for i, key in enumerate(_keys(champion))}
        found = [(place[key], i) for i, key in enumerate(_keys(challenger)) if key in place]
        table = np.array(found, np.intp).reshape(-1, 2)
        return cls(champion, challenger, (table[:, 0], table[:, 1]))

    @property
    def ids(self) -> NDArray[np.object_]:
        return self.champion.predictions.entity_ids[self.places[0]]

    @property
    def as_of_us(self) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.champion.predictions.columns["as_of_us"][self.places[0]]
        return found

    def gains(self, churn: ChurnLabel, seed: int) -> Iterator[Gain]:
        """What the challenger gains on each output with outcomes enough. Whom an operator set apart, and who got a cohort's rate from
        either, is left out."""
        sides = [(self.champion, self.places[0]), (self.challenger, self.places[1])]
        own = ~np.logical_or.reduce(
            [side.apart[at] | side.predictions.columns["from_cohort"][at] for side, at in sides]
        )
        _, entity = np.unique(self.ids.astype(str), return_inverse=True)
        for spec in output_specs(churn):
            values = [side.predictions.columns[spec.name][at] / spec.scale for side, at in sides]
            label = np.fmax(*(side.outcomes[spec.label][at] for side, at in sides))
            known = own & ~np.isnan(label) & ~np.isnan(values[0]) & ~np.isnan(values[1])
            if known.sum() >= MIN_ROWS:
                yield gain_of(spec.name, label[known], [v[known] for v in values], entity[known], seed)


def _keys(rows: RecordedRows) -> Iterator[tuple[str, float]]:
    return zip(
        rows.predictions.entity_ids.tolist(), rows.predictions.columns["as_of_us"].tolist(), strict=True
    )

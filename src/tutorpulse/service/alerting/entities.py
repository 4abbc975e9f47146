"""What the alert rules see of tutors and students, and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.alerts.levels import Levels
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.alerts.severity import NONE, rank
from tutorpulse.decisions.facts import TUTOR_NAMES, FactTable
from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.decisions.sentences import sentence
from tutorpulse.decisions.status import is_scored
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.model.contract import OUTPUTS
from tutorpulse.model.usual import USUAL_DAYS, USUAL_MIN_SESSIONS, usual_sessions
from tutorpulse.service.alerting.rules import VELOCITY_KEPT, rules_of
from tutorpulse.service.alerting.watching import Watched, watch
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.today import DRIVERS_LOOKED_AT, telling, week_ago
from tutorpulse.service.worklist.apart import set_apart
from tutorpulse.store.state.alerts import Standing

EXPLAINED_MAX = 100
"""Alerts that are given drivers in one judgement, the worst first: drivers cost about a hundred predictions each. Others tell the
value, and what it was a week ago; the entity's page has the drivers of all."""

EXPLAINED_MIN, JUDGED_FOR_ONE = 5, 100
"""Where some are judged, not everybody: so many alerts at least, and one for so many judged. Where more open at once, nobody reads them
one by one, and their drivers would hold up the predictions of everybody else."""

_OUTPUT_OF = {**{name: name for name in OUTPUTS}, **TUTOR_NAMES, VELOCITY_KEPT: "session_velocity"}
"""By fact, the output of the model that its drivers are those of."""

_WEEK_DAYS = 7


@dataclass(frozen=True)
class Scene:
    """The scored rows of a frame with their facts, and everybody's status; `whole`: everybody of the kind is there."""

    frame: FeatureFrame
    facts: FactTable
    all_ids: NDArray[np.object_]
    status: NDArray[np.object_]
    whole: bool

    def without(self, apart: Collection[str]) -> "Scene":
        """The scene without the rows of these ids."""
        here = np.array([entity_id not in apart for entity_id in self.frame.entity_ids], dtype=np.bool_)
        if here.all():
            return self
        facts = FactTable(
            self.facts.entity_type,
            self.facts.entity_ids[here],
            {name: column[here] for name, column in self.facts.numbers.items()},
            {name: column[here] for name, column in self.facts.labels.items()},
        )
        return replace(self, frame=self.frame.take(here), facts=facts)


def watch_entities(pulse: Pulse, scorer: Scorer, scene: Scene) -> Watched:
    """What the rules see of everybody in the scene but those whom operators set apart. It reads the state and writes nothing."""
    kind = scene.frame.entity_type
    apart = set_apart(
        pulse.state, kind, scene.frame.as_of_us, None if scene.whole else scene.all_ids.tolist()
    )
    scene = scene.without(apart)
    kept = _velocity_kept(scene)
    seen = watch(
        rules_of(pulse.home.path),
        lambda name: kept if name == VELOCITY_KEPT else scene.facts.number(name),
        kind,
    )
    gone = np.flatnonzero(~is_scored(scene.status))
    return Watched(
        about=kind,
        ids=scene.frame.entity_ids,
        now_us=pulse.clock.now_us(),
        as_of_us=scene.frame.as_of_us,
        settings=pulse.settings,
        seen=seen,
        whys=_whys(pulse, scorer, scene, seen),
        unscored={str(scene.all_ids[row]): str(scene.status[row]) for row in gone}
        | {entity_id: state.replace("_", " ") for entity_id, state in apart.items()},
        whole=scene.whole,
    )


def _velocity_kept(scene: Scene) -> NDArray[np.float64]:
    """Expected sessions as a share of the usual; NaN for who is new or usually has fewer than one in 30 days."""
    as_of_us, first_us = scene.frame.as_of_us, scene.frame.facts.get("first_session_us")
    since_days = np.full(len(scene.frame), np.nan) if first_us is None else (as_of_us - first_us) / DAY_US
    usual = usual_sessions(scene.facts.number("completed_90d"), since_days)
    judged = (usual >= USUAL_MIN_SESSIONS) & (scene.facts.labels["status"] != "new")
    a_week = np.where(judged, usual * _WEEK_DAYS / USUAL_DAYS, np.nan)
    return np.asarray(np.round(scene.facts.number("session_velocity") / a_week, 6), dtype=np.float64)


def _whys(
    pulse: Pulse, scorer: Scorer, scene: Scene, seen: Iterable[tuple[AlertRule, Levels]]
) -> dict[tuple[str, int], str]:
    """By rule and row, why an alert opens or gets worse, of those that would."""
    ids = scene.frame.entity_ids
    some = None if scene.whole else ids.tolist()
    standing = pulse.state.alerts.standing(scene.frame.entity_type, some)
    news = [
        (rule, levels, row)
        for rule, levels in seen
        for row in _beyond(levels, standing.get(rule.key, {}), ids)
    ]
    news.sort(key=lambda new: -int(new[1].level[new[2]]))
    teller = _Teller(pulse, scorer, scene, news)
    return {(rule.key, row): teller.why(rule, levels, row) for rule, levels, row in news}


def _beyond(levels: Levels, standing: Mapping[str, Standing], ids: NDArray[np.object_]) -> list[int]:
    """The rows that are worse than their live alert, if there is one."""
    rows = np.flatnonzero(levels.level > NONE).tolist()
    at = [standing.get(who) for who in ids[rows].tolist()]
    return [
        row
        for row, alert in zip(rows, at, strict=True)
        if alert is None or int(levels.level[row]) > rank(alert[0])
    ]


class _Teller:
    """Tells why, with drivers for the first of the news."""

    def __init__(
        self, pulse: Pulse, scorer: Scorer, scene: Scene, news: Sequence[tuple[AlertRule, Levels, int]]
    ) -> None:
        self._scene, self._kind = scene, scene.frame.entity_type
        few = max(EXPLAINED_MIN, len(scene.frame) // JUDGED_FOR_ONE)
        explained = EXPLAINED_MAX if scene.whole else min(EXPLAINED_MAX, few)
        wanted: dict[str, list[int]] = {}
        for place, (rule, _, row) in enumerate(news):
            if (output := _OUTPUT_OF.get(rule.fact)) is not None:
                rows = wanted.setdefault(output, [])
                if place < explained or not rows:
                    rows.append(row)
        told = {row for _, _, row in news}
        names = [str(scene.frame.entity_ids[row]) for row in sorted(told)]
        self._earlier = {
            output: week_ago(pulse, self._kind, names, scene.frame.as_of_us, output) for output in wanted
        }
        self._reasons = {output: self._drivers(scorer, output, rows) for output, rows in wanted.items()}

    def _drivers(self, scorer: Scorer, output: str, rows: list[int]) -> Mapping[int, list[tuple[str, float]]]:
        frame = self._scene.frame.take(np.array(rows, dtype=np.int64))
        found = scorer.model.explain(frame, output, DRIVERS_LOOKED_AT)
        catalog, raising = scorer.catalog[self._kind], output.startswith("churn")
        return {row: telling(one, catalog, raising) for row, one in zip(rows, found, strict=True)}

    def why(self, rule: AlertRule, levels: Levels, row: int) -> str:
        output = _OUTPUT_OF.get(rule.fact)
        if output is None:
            return sentence(rule.fact, float(levels.value[row]), self._kind)
        value = self._scene.facts.at(output, row)
        earlier = self._earlier[output].get(str(self._scene.frame.entity_ids[row]))
        told = sentence(output, value, self._kind, earlier)
        if rule.fact == VELOCITY_KEPT:
            told += f", {100 * levels.value[row]:.0f} % of the usual"
        reasons = self._reasons[output].get(row, [])
        listed = ", ".join(PHRASES[name].told(known) for name, known in reasons)
        return f"{told}: {listed}" if listed else told

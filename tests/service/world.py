"""A home with one event and a made-up marketplace: features and predictions are what the test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.decisions.rules import load_rules
from tutorpulse.errors import ModelError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features.frame import FEATURE_COUNT, EntityType, FeatureFrame
from tutorpulse.features.student import STUDENT
from tutorpulse.features.tutor import TUTOR
from tutorpulse.model.contract import Predictions
from tutorpulse.model.explain import Driver, Explanation
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.scoring import Scorer

NOW_US = 20_000 * DAY_US
CATALOG = {"tutor": TUTOR.shown(), "student": STUDENT.shown()}
NAMES: dict[EntityType, tuple[str, ...]] = {
    "tutor": tuple(f.name for f in TUTOR.shown()),
    "student": tuple(f.name for f in STUDENT.shown()),
}
FACTS = (
    "registered_us",
    "first_activity_us",
    "last_activity_us",
    "departed_us",
    "paused_since_us",
    "paused_until_us",
)
OUTPUTS = {
    "first_session_success": 0.9,
    "session_velocity": 2.0,
    "churn_risk_14d": 0.1,
    "churn_risk_30d": 0.2,
    "health_score": 75.0,
    "already_gone": 0.05,
    "inactive_14d": 0.3,
    "inactive_30d": 0.2,
}


@dataclass
class One:
    """One entity: features, predictions and facts (in days before now) that differ from a dull active one's."""

    features: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, float] = field(default_factory=dict)
    days_ago: dict[str, float] = field(default_factory=dict)


@dataclass
class World:
    """Computes features and predicts, in place of the real rooms."""

    tutors: dict[str, One] = field(default_factory=dict)
    students: dict[str, One] = field(default_factory=dict)
    reachable: bool = True
    version: str = "m1"
    past_features: dict[str, float] = field(default_factory=dict)

    def people(self, kind: EntityType) -> dict[str, One]:
        return self.tutors if kind == "tutor" else self.students

    def compute(
        self, kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_] | None
    ) -> FeatureFrame:
        ids = sorted(self.people(kind)) if entity_ids is None else [str(i) for i in entity_ids]
        ones = [self.people(kind)[i] for i in ids]
        past = self.past_features if as_of_us < NOW_US else {}
        rows = [[(o.features | past).get(name, np.nan) for name in NAMES[kind]] for o in ones]
        matrix = np.array(rows, dtype=np.float32).reshape(len(ids), len(NAMES[kind]))
        usual = {"registered_us": 400, "first_activity_us": 390, "last_activity_us": 1}
        facts = {
            name: np.array(
                [NOW_US - DAY_US * (usual | o.days_ago).get(name, np.nan) for o in ones], dtype=np.float64
            )
            for name in FACTS
        }
        return FeatureFrame(
            kind,
            as_of_us,
            as_of_us,
            np.array(ids, dtype=object),
            matrix[:, :FEATURE_COUNT],
            matrix[:, FEATURE_COUNT:],
            facts,
        )

    def predict(self, frame: FeatureFrame) -> Predictions:
        if not self.reachable:
            raise ModelError("The model server does not answer.")
        ones = [self.people(frame.entity_type)[str(i)] for i in frame.entity_ids]
        values = {
            name: np.array([o.outputs.get(name, usual) for o in ones]) for name, usual in OUTPUTS.items()
        }
        return Predictions(
            entity_ids=frame.entity_ids,
            **values,
            session_velocity_low=values["session_velocity"] / 2,
            session_velocity_high=values["session_velocity"] * 2,
            confidence=np.full(len(ones), 1, dtype=np.int8),
            from_cohort=np.zeros(len(ones), dtype=bool),
            model_version=self.version,
        )

    def explain(self, frame: FeatureFrame, output: str, top: int = 5) -> list[Explanation]:
        names = NAMES[frame.entity_type]
        return [
            Explanation(
                output,
                "percentage points",
                10.0,
                8.0,
                tuple(Driver(names[i], float(frame.features[row, i]), 5.0 - i) for i in range(min(top, 5))),
                0.0,
            )
            for row in range(len(frame))
        ]

    def scorer(self, kinds: tuple[EntityType, ...] = ("tutor", "student")) -> Scorer:
        gaps: dict[EntityType, float | None] = dict.fromkeys(kinds, 30.0)
        return Scorer(self, self.compute, CATALOG, gaps, load_rules(NAMES))  # type: ignore[arg-type]


@contextmanager
def opened(home: Path, now_us: int = NOW_US, *events: dict[str, object]) -> Iterator[Pulse]:
    """An opened home whose newest event is of `NOW_US`."""
    marker = {
        "event_id": "marker",
        "event_type": "supply_demand_update",
        "timestamp": format_time(NOW_US),
        "payload": {"subject": "maths"},
    }
    with open_pulse(home, create=True, clock=FixedClock(now_us)) as pulse:
        lines = b"\n".join(msgspec.json.encode(event) for event in (marker, *events))
        batch = decode_lines(lines, Arrival(now_us=NOW_US, source="test"))
        assert not batch.rejects, batch.rejects
        pulse.store.append(batch)
        yield pulse

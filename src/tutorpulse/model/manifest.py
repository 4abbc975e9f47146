"""What an artifact says of itself: `manifest.json`, as declared structs that refuse what they do not know."""

import msgspec

from tutorpulse.features.frame import EntityType
from tutorpulse.model.cohorts import CohortTable
from tutorpulse.model.intervals import RateInterval
from tutorpulse.model.outputs import ChurnLabel, Objective

FORMAT = 2
"""The artifact format that this version writes. It reads older ones too: 1 knew no intervals."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the manifest's parts."""


class HeadEntry(_Part, frozen=True):
    """One head: its file of trees with checksum, its calibration, what it was fitted on, and a rate's interval, if it has one."""

    name: str
    objective: Objective
    file: str
    sha256: str
    slope: float
    intercept: float
    rows: int
    positives: int
    calibration_rows: int
    embargo_days: float
    interval: RateInterval | None = None


class Measures(_Part, frozen=True):
    """Figures of one output on held-out later time; None: not defined for this output or this sample.

    `auc_low` and `auc_high` bound the central 90 % of a bootstrap by entity. `recency_auc` is what days since the last
    session alone reach, `starter_auc` what the starter model reaches on the same rows. For velocity `mae` and `mean_mae` (of always saying the mean) stand in place of the rest; of its interval, where it has
    one, `coverage` is the share of outcomes inside, `interval_score` its mean score, `constant_interval_score` that of always
    giving the central 90 % of these very outcomes.
    """

    rows: int
    positives: int | None = None
    base_rate: float | None = None
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    base_brier: float | None = None
    slope: float | None = None
    ece: float | None = None
    recency_auc: float | None = None
    starter_auc: float | None = None
    mae: float | None = None
    mean_mae: float | None = None
    coverage: float | None = None
    interval_score: float | None = None
    constant_interval_score: float | None = None


class Average(_Part, frozen=True):
    """The average prediction of an output over a sample, and each feature's average contribution to it."""

    prediction: float
    contributions: list[float]


class ExitGap(_Part, frozen=True):
    """The exit gap in force: days (None: churn means inactivity), why, and shares of returns by candidate."""

    days: int | None
    reason: str
    return_shares: dict[int, float] = {}


class HeadLevel(_Part, frozen=True):
    """How far one head of the starter is off in a log: its margin m should be m + shift + tilt (m - centre).

    Both are shrunk towards 0. `rows` matured on `dates`; `shift_error` is the standard error that the shift has by them alone.
    """

    shift: float
    tilt: float
    centre: float
    rows: int
    dates: int
    shift_error: float


class Levels(_Part, frozen=True):
    """What a log's own outcomes, known at `known`, say of the starter: levels by head, and the cohorts and averages that go with them."""

    known: str
    heads: dict[str, HeadLevel]
    cohorts: CohortTable
    averages: dict[str, Average]

    @property
    def outcomes(self) -> int:
        """Matured rows behind the head that most tell of."""
        return max(level.rows for level in self.heads.values())


class KindManifest(_Part, frozen=True, omit_defaults=True):
    """The model of one kind of entity. Rows of the matrix are the features in `feature_names`' order.

    `fill` are medians that an external endpoint of the 46 puts where a value is missing (None: never seen).
    `absent` names what is not predicted, and why. `levels` are, in a starter, those that its heads stand at; in another model, those that
    the starter was found to need on the same log. None: not looked for.
    """

    entity_type: EntityType
    feature_names: list[str]
    churn_label: ChurnLabel
    exit_gap: ExitGap
    heads: list[HeadEntry]
    absent: dict[str, str]
    cohorts: CohortTable
    averages: dict[str, Average]
    fill: list[float | None]
    metrics: dict[str, Measures]
    held_out: str
    rows: int
    entities: int
    first_snapshot: str
    last_snapshot: str
    snapshot_count: int
    goal_exits: int
    censored: int
    levels: Levels | None = None


class Manifest(_Part, frozen=True):
    """A trained model: who made it, from what, for which features."""

    format: int
    version: str
    created: str
    feature_set_hash: str
    data_from: str
    data_to: str
    seed: int
    libraries: dict[str, str]
    kinds: dict[EntityType, KindManifest]

"""Shapes of the track record. An import of this module loads no database and no model."""

import msgspec


class Interval(msgspec.Struct, frozen=True):
    """A figure with the central 90 % of its bootstrap by entity; the bounds are None where it cannot be resampled."""

    value: float
    low: float | None = None
    high: float | None = None


class Band(msgspec.Struct, frozen=True):
    """Of the rows given a probability in [low, high): how many, the mean of what was said, and the share that came true."""

    low: float
    high: float
    rows: int
    said: float
    came_true: Interval


class Bound(msgspec.Struct, frozen=True):
    """A probability beyond which somebody acts: of risks above it, of what keeps below it."""

    name: str
    at: float


class Flagged(msgspec.Struct, frozen=True):
    """Rows on the worrying side of a bound: how many, how many of these the event befell, and of all it befell how many these are.

    `naive_precision` is that of as many rows with the longest silence.
    """

    name: str
    bound: float | None
    rows: int
    precision: Interval | None
    recall: Interval | None
    naive_precision: float | None


class OracleFigures(msgspec.Struct, frozen=True):
    """The truth of a simulated marketplace beside the model, on the `rows` of which both said something: of a probability the
    AUC and Brier scores (and recency's AUC), of a rate the mean absolute errors."""

    rows: int
    auc: float | None = None
    model_auc: float | None = None
    recency_auc: float | None = None
    brier: float | None = None
    model_brier: float | None = None
    mae: float | None = None
    model_mae: float | None = None


class RiskFigures(msgspec.Struct, frozen=True):
    """Figures of a probability.

    `rate` and `said` are of the output's own statement (for health: that activity is kept). Average precision and what is
    flagged are of the event that worries: leaving, or not keeping. `brier_of_base_rate` is that of always saying the rate of these
    very rows, `recency_auc` and `recency_average_precision` those of days since the last session. `oracle_auc` is that of the truth,
    where it is known; `oracle` tells more of the same rows.
    """

    rate: Interval
    said: float
    auc: Interval | None
    average_precision: Interval | None
    recency_auc: float | None
    recency_average_precision: float | None
    oracle_auc: float | None
    brier: Interval
    brier_of_base_rate: float
    ece: float
    slope: float | None
    calibration: list[Band]
    flagged: list[Flagged]
    oracle: OracleFigures | None = None


class RateFigures(msgspec.Struct, frozen=True):
    """Figures of a rate: mean absolute errors of the prediction, of the mean of these rows, and of the 28 days before going on.

    `covered` is the share of the outcomes within the intervals of 90 %, `interval_score` their mean score (None: none were given),
    `interval_score_of_these` that of always giving the central 90 % of these very outcomes; all of the `interval_rows` that had one.
    """

    rate: Interval
    said: float
    mae: Interval
    mae_of_mean: float
    mae_of_recent: float
    oracle_mae: float | None
    oracle: OracleFigures | None = None
    interval_rows: int = 0
    covered: Interval | None = None
    interval_width: float | None = None
    interval_score: float | None = None
    interval_score_of_these: float | None = None


class OutputFigures(msgspec.Struct, frozen=True):
    """One output of one model in one month.

    Of `predicted` rows `matured` have an outcome taken down; of these the rules gave `unlabelled` none, and `goals` left after a goal
    reached (label 0), and `apart` were set apart by an operator (paused, on leave, done) then or soon after. Figures are of the `rows` left, of `entities` different ones; of these `flipped` would be labelled otherwise by what
    has come in since, and are not. `complete`: every prediction of the month has matured.
    """

    predicted: int
    matured: int
    unlabelled: int
    goals: int
    rows: int
    entities: int
    flipped: int
    complete: bool
    risk: RiskFigures | None = None
    velocity: RateFigures | None = None
    apart: int = 0


class Expected(msgspec.Struct, frozen=True):
    """One risk: the AUC that its probabilities promise, and their mean, at the reference and now.

    `drifting`: the promise fell so far that it matters, and beyond noise.
    """

    output: str
    auc_then: Interval
    auc_now: Interval
    mean_then: float
    mean_now: float
    drifting: bool


class Moved(msgspec.Struct, frozen=True):
    """One feature: by how much its own drift moved the mean risk (had it the reference's distribution, it would be so much less),
    and the largest distance of both distributions (Kolmogorov and Smirnov, 0 to 1)."""

    feature: str
    impact: float
    distance: float

"""Shapes of a backtest's report."""

import msgspec

from tutorpulse.features.frame import EntityType
from tutorpulse.training.track.shapes import Interval, RateFigures, RiskFigures


class Figures(msgspec.Struct, frozen=True):
    """One prediction over one group of rows.

    `churn_label` is what churn meant to the models that said it (empty for outputs that mean one thing). `by` is what rows are grouped
    by: all, cohort, model, period or subject. Of `predicted` rows `rows` have matured to a label. `ece`, `slope` and `ece_by_chance`, the
    error that predictions of the same values would have were they all true, stand beside `risk`.
    """

    entity_type: EntityType
    output: str
    churn_label: str
    by: str
    group: str
    predicted: int
    rows: int
    entities: int
    risk: RiskFigures | None = None
    ece: Interval | None = None
    ece_by_chance: float | None = None
    slope: Interval | None = None
    velocity: RateFigures | None = None


class Fairness(msgspec.Struct, frozen=True):
    """How one risk treats one group of people: those of a tenure, a subject, a region.

    `excess` is what was said above what came true. Flagged are those beyond `bound`, by the name of its setting (`top 5 %`, None, where no
    setting asks). `precision` is the share of the flagged whom the event befell, `recall` the share of those it befell who were flagged,
    `false_alarms` the share of the others who were flagged. `apart` names the figures that differ from those of all other rows by .02 or
    more and by over 2.6 standard errors (which resample entities).
    """

    entity_type: EntityType
    output: str
    churn_label: str
    by: str
    group: str
    rows: int
    entities: int
    rate: Interval
    said: float
    excess: Interval
    auc: Interval | None
    flag: str
    bound: float | None
    flagged: Interval
    precision: Interval | None
    recall: Interval | None
    false_alarms: Interval | None
    apart: tuple[str, ...]


class TurnTold(msgspec.Struct, frozen=True):
    """What became of a model on a day; no version: none could be made.

    `levelled_on` tells of each kind that the starter goes on serving on how many outcomes it was levelled on that day.
    """

    at: str
    promoted: bool
    version: str | None
    reason: str
    levelled_on: dict[EntityType, int] = {}


class Report(msgspec.Struct, frozen=True):
    """A whole backtest: what was replayed and how, the figures, the fairness table, and the turns of the models.

    `figures` are of what matured by `known`. `thinned`: some date had more entities than `rows_a_date`, of whom so many were drawn.
    """

    first_event: str
    scored_from: str
    scored_to: str
    known: str
    dates: int
    every_days: int
    retrain_days: float
    rows_a_date: int
    thinned: bool
    seed: int
    predictions: dict[EntityType, int]
    figures: tuple[Figures, ...]
    fairness: tuple[Fairness, ...]
    turns: tuple[TurnTold, ...]

"""The backtest of a home: its log, its features, its settings, its starter."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from tutorpulse.clock import DAY_US, format_time
from tutorpulse.decisions.status import LONGEST_SILENCE_DAYS
from tutorpulse.errors import HistoryError
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model import registry
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.queries.subjects import subjects_of
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.track.bounds import bounds_of
from tutorpulse.service.training import features_of
from tutorpulse.settings import Settings
from tutorpulse.store.log import EventStore
from tutorpulse.training.backtest.fairness import fairness_of
from tutorpulse.training.backtest.figures import figures_of
from tutorpulse.training.backtest.frames import KeptFrames
from tutorpulse.training.backtest.grouping import Traits, members_of
from tutorpulse.training.backtest.lines import lines_of
from tutorpulse.training.backtest.replay import Course, Replay, Replayed, plan_course_dates
from tutorpulse.training.backtest.shapes import Fairness, Figures, Report, TurnTold
from tutorpulse.training.history import History
from tutorpulse.training.reading import read_history
from tutorpulse.training.snapshots import DEFAULT_LIMITS, WARM_UP_DAYS, Limits
from tutorpulse.training.timeline import Ints
from tutorpulse.training.train import DEFAULT_SEED, exit_gap_setting

MOST_DATES = 48
MIN_EVERY_DAYS = 5
KEPT_ROWS = 400_000
"""Rows of each kind that a replay holds at once, about 400 bytes each."""

FIGURE_STEPS = 10
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """What to replay; None: the default of each.

    From `WARM_UP_DAYS` after the log began to its end; so often that there are at most `MOST_DATES` dates; a new model as often as
    upkeep tries one (`retrain_every_days`; 0: never).
    """

    from_us: int | None = None
    to_us: int | None = None
    every_days: int | None = None
    retrain_days: float | None = None
    kinds: Sequence[EntityType] = ENTITY_TYPES
    limits: Limits = DEFAULT_LIMITS
    kept_rows: int = KEPT_ROWS
    seed: int = DEFAULT_SEED


def backtest(pulse: Pulse, asked: Asked, progress: Tell = lambda _done, _total: None) -> Report:
    """Replay a home's log and judge what would have been said. Nothing of the home is changed.

    Raises:
        HistoryError: the log is empty, or there is no date to score. LeakError: shuffled labels could be ranked.
    """
    known_us = refresh_moment(newest_event_us(pulse), pulse.clock.now_us(), None)[0]
    course, every_days, oldest_us = _course(pulse, asked, known_us)
    most = max(1, asked.kept_rows // len(course.dates_us))
    gaps = [exit_gap_setting(pulse.settings, kind) for kind in course.kinds]
    widest = max([LONGEST_SILENCE_DAYS, *(float(gap) for gap in gaps if gap != "auto")])
    features = features_of(pulse.store, pulse.settings)
    frames = KeptFrames(features.compute, most, widest, asked.seed)
    read = lru_cache(maxsize=8)(partial(read_history, pulse.store))
    after = FIGURE_STEPS * len(course.kinds)
    replay = Replay(
        read,
        replace(features, compute=frames),
        pulse.settings,
        course,
        lambda done, total: progress(done, total + after),
    )
    replayed = replay.run()
    judged = _Judging(pulse, asked.seed, replayed)
    figures: list[Figures] = []
    fairness: list[Fairness] = []
    for place, kind in enumerate(course.kinds, start=1):
        judged.add(kind, read(kind, known_us), figures, fairness)
        progress(FIGURE_STEPS * place, after)
    return _report(
        course, every_days, (oldest_us, known_us), (most, frames.thinned), replayed, (figures, fairness)
    )


def _course(pulse: Pulse, asked: Asked, known_us: int) -> tuple[Course, int, int]:
    oldest_us = pulse.store.oldest_us()
    assert oldest_us is not None, "a log with a newest event has an oldest"
    from_us = oldest_us + WARM_UP_DAYS * DAY_US if asked.from_us is None else asked.from_us
    to_us = known_us if asked.to_us is None else min(asked.to_us, known_us)
    if from_us > to_us:
        raise HistoryError(
            f"There is no date to score between {format_time(from_us)} and {format_time(to_us)}: the log goes from "
            f"{format_time(oldest_us)} to {format_time(known_us)}. Give other --from and --to."
        )
    every_days = _every_days(asked.every_days, to_us - from_us)
    retrain_days = asked.retrain_days
    if retrain_days is None:
        retrain_days = pulse.settings.retrain_every_days
    present = tuple(kind for kind in asked.kinds if len(pulse.store.entity_ids(kind)))
    dates_us = plan_course_dates(oldest_us, from_us, to_us, every_days)
    starter = registry.starter(features_of(pulse.store, pulse.settings).set_hash)
    course = Course(dates_us, from_us, retrain_days, present, asked.limits, starter, asked.seed)
    return course, every_days, oldest_us


def _every_days(asked: int | None, span_us: int) -> int:
    """Never whole weeks unless these are asked for, so that every weekday is seen."""
    if asked is not None:
        return asked
    every = max(MIN_EVERY_DAYS, -(-(span_us // DAY_US) // (MOST_DATES - 1)))
    return every + (every % 7 == 0)


@dataclass(frozen=True)
class _Judging:
    """Judges what was said of one kind after the other."""

    pulse: Pulse
    seed: int
    replayed: Replayed

    def add(
        self, kind: EntityType, history: History, figures: list[Figures], fairness: list[Fairness]
    ) -> None:
        """The figures and the fairness table of a kind, at the ends of the lists."""
        if not self.replayed.said[kind]:
            return
        traits = _traits(self.pulse.store, kind, history)
        settings: Settings = self.pulse.settings
        for lines in lines_of(kind, self.replayed, history):
            bounds = bounds_of(settings, kind, lines.output)
            figures += figures_of(lines, traits, bounds, self.seed)
            fairness += fairness_of(lines, traits, bounds, self.seed)


def _traits(store: EventStore, kind: EntityType, history: History) -> Traits:
    """Subjects taught, learnt or declared at any time; regions as registered: of tutors the time zone, for they name no region."""
    subjects = sorted(subjects_of(store, kind, 0))
    return Traits(_members(history, subjects), _members(history, sorted(_regions(store, kind))))


def _members(history: History, pairs: Sequence[tuple[str, str]]) -> dict[str, Ints]:
    ids, names = (np.array([pair[side] for pair in pairs], dtype=object) for side in (0, 1))
    return members_of(history.codes(ids), names)


def _regions(store: EventStore, kind: EntityType) -> Iterator[tuple[str, str]]:
    column = "region" if kind == "student" else "timezone"
    found = store.query(
        f"""SELECT {kind}_id AS id, MAX_BY({column}, (ts_us, received_us, event_id)) AS region FROM {kind}_events
        WHERE {column} IS NOT NULL AND {kind}_id IS NOT NULL AND {kind}_id <> '{PLACEHOLDER_ID}' GROUP BY 1"""
    )
    yield from zip(found["id"].tolist(), found["region"].tolist(), strict=True)


def _report(
    course: Course,
    every_days: int,
    log_us: tuple[int, int],
    drawn: tuple[int, bool],
    replayed: Replayed,
    judged: tuple[list[Figures], list[Fairness]],
) -> Report:
    scored_us = course.dates_us[course.dates_us >= course.from_us]
    turns = (
        TurnTold(format_time(t.at_us), t.promoted, t.version, t.reason, t.levelled_on) for t in replayed.turns
    )
    return Report(
        first_event=format_time(log_us[0]),
        scored_from=format_time(int(scored_us[0])),
        scored_to=format_time(int(scored_us[-1])),
        known=format_time(log_us[1]),
        dates=len(scored_us),
        every_days=every_days,
        retrain_days=course.retrain_days,
        rows_a_date=drawn[0],
        thinned=drawn[1],
        seed=course.seed,
        predictions={
            kind: sum(len(one.entity_ids) for one in said) for kind, said in replayed.said.items() if said
        },
        figures=tuple(judged[0]),
        fairness=tuple(judged[1]),
        turns=tuple(turns),
    )

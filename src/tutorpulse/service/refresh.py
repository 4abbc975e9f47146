"""A whole refresh: every entity predicted and judged at one moment, and what changed into the state."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.status import STATUSES
from tutorpulse.decisions.summary import Summary, summary
from tutorpulse.features.frame import EntityType
from tutorpulse.service import judging, predicting
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.delivery.planning import register
from tutorpulse.service.delivery.receivers import load_receivers
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.population import to_json
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.subjects import tell_subjects, write_subjects
from tutorpulse.store.state import Run, State

Progress = Callable[[str], None]
"""Told what is being done, now and then."""


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh did: the summary, how many entities have which status, how many rows changed, and its notes."""

    summary: Summary
    status_counts: dict[EntityType, dict[str, int]]
    changed: int
    insights: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one kind: the segments of those scored, every status, and how much was written."""

    segments: NDArray[np.object_]
    status: NDArray[np.object_]
    changed: int
    insights: int
    notes: tuple[str, ...] = ()


def refresh(pulse: Pulse, scorer: Scorer, progress: Progress = lambda _doing: None) -> RefreshReport:
    """Bring every prediction up to date; the state changes whole or not at all.

    Refreshing again at the same as-of, with the same events, changes nothing. Where the model cannot be reached the
    last predictions stay, marked stale.

    Raises:
        HistoryError: nothing was imported yet. SettingsError: the receivers or alert rules are wrong.
    """
    last = pulse.state.runs.last()
    as_of_us, note = refresh_moment(
        newest_event_us(pulse), pulse.clock.now_us(), last.as_of_us if last else None
    )
    receivers = load_receivers(pulse.home.path, pulse.settings)
    with pulse.state.transaction():
        register(pulse.state, receivers)
        outcomes = {
            kind: _refresh_kind(pulse, scorer, kind, as_of_us, progress) for kind in scorer.exit_gap_days
        }
        progress("supply and demand of subjects")
        subjects = write_subjects(pulse.state, tell_subjects(pulse, as_of_us))
        apply(pulse.state, watch_system(pulse))
        report = report_of(outcomes, scorer, as_of_us, [note] if note else [], subjects)
        keep_run(pulse.state, report, as_of_us)
    return report


def _refresh_kind(
    pulse: Pulse, scorer: Scorer, kind: EntityType, as_of_us: int, progress: Progress
) -> Outcome:
    progress(f"features of {kind}s")
    frame = scorer.compute(kind, as_of_us, None)
    progress(f"predictions of {kind}s")
    predicted = predicting.predict(pulse, scorer, frame)
    judged = judging.judge(pulse, scorer, predicted)
    if predicted.population is not None:
        kept = to_json(predicted.population, scorer.feature_names(kind))
        pulse.state.populations.keep(kind, as_of_us, kept)
    changed = predicting.keep(pulse.state, predicted)
    judging.keep(pulse.state, judged)
    return Outcome(predicted.segments, predicted.status, changed, len(judged.news.insights), predicted.notes)


def standing_of(state: State, kind: EntityType) -> Outcome:
    """What the state holds of one kind, as an outcome that changed nothing."""
    counts = state.predictions.counts(kind)
    status = np.array([status for status, *_ in counts], dtype=object)
    segment = np.array([segment for _, segment, *_ in counts], dtype=object)
    frozen = np.array([frozen for *_, frozen, _ in counts], dtype=np.bool_)
    times = np.array([count for *_, count in counts], dtype=np.int64)
    return Outcome(np.repeat(segment[~frozen], times[~frozen]), np.repeat(status, times), 0, 0)


def report_of(
    outcomes: Mapping[EntityType, Outcome],
    scorer: Scorer,
    as_of_us: int,
    notes: Sequence[str] = (),
    subject_insights: int = 0,
) -> RefreshReport:
    """The report of a whole refresh."""
    return RefreshReport(
        summary({kind: o.segments for kind, o in outcomes.items()}, scorer.model.version, as_of_us),
        {kind: _counts(o.status) for kind, o in outcomes.items()},
        sum(o.changed for o in outcomes.values()),
        sum(o.insights for o in outcomes.values()) + subject_insights,
        (*notes, *scorer.notes, *(n for o in outcomes.values() for n in o.notes)),
    )


def keep_run(state: State, report: RefreshReport, as_of_us: int) -> None:
    """Keep what a refresh reported."""
    summary_json, counts_json, notes_json = (
        msgspec.json.encode(part).decode() for part in (report.summary, report.status_counts, report.notes)
    )
    state.runs.add(Run(as_of_us, report.summary.model_version, summary_json, counts_json, notes_json))


def _counts(status: NDArray[np.object_]) -> dict[str, int]:
    counted = Counter(status.tolist())
    return {name: counted[name] for name in reversed(STATUSES)}

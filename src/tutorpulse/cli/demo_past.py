"""The past of a demonstration: its home in use for some weeks, at each moment with what was known then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.service.lifecycle.drift import judge_drift
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.refresh import RefreshReport, refresh
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.served import open_scorer
from tutorpulse.service.track.maturing import mature

Tell: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

TRAINED_DAYS_AGO = 28
"""When the home's own model is trained; before, the starter serves. One that is older than 30 days would be called out of date."""

DAYS_AGO = (84, 56, TRAINED_DAYS_AGO, 7, 0)
"""When everybody is refreshed. Twelve weeks reach back far enough for a whole month's outcomes to be certain today."""

_LEARNT_DAYS = 180
"""So much history stands before the first moment at least."""

_TRAINING = 12
"""Training takes about as long as so many refreshes."""


@dataclass(frozen=True)
class Moment:
    """A moment to refresh at, in microseconds; `trains`: the home's own model is trained before."""

    at_us: int
    trains: bool


def moments(pulse: Pulse) -> list[Moment]:
    """Those of `DAYS_AGO` that the log has history for, the last being the present of the log.

    Raises:
        HistoryError: the log is empty.
    """
    today_us, _ = refresh_moment(newest_event_us(pulse), pulse.clock.now_us(), None)
    earliest_us = (pulse.store.oldest_us() or today_us) + _LEARNT_DAYS * DAY_US
    all_us = [today_us - days * DAY_US for days in DAYS_AGO]
    found_us = [us for us in all_us[:-1] if us >= earliest_us] + all_us[-1:]
    trained_us = max(found_us[0], today_us - TRAINED_DAYS_AGO * DAY_US)
    return [Moment(us, us == trained_us) for us in found_us]


def live_through(
    pulse: Pulse, past: Sequence[Moment], train: Callable[[Pulse, Tell], None], tell: Tell
) -> RefreshReport:
    """Refresh at each moment in turn, then take down what came true and judge drift; the last refresh's report.

    Nothing is made up or rewritten: at each moment only what had been received by then is seen.
    """
    done, total, report = 0, len(past) + _TRAINING, None
    for moment in past:
        there = replace(pulse, clock=FixedClock(moment.at_us))
        if moment.trains:
            before = done
            train(there, lambda part, parts: tell(before + _TRAINING * part // max(parts, 1), total))  # noqa: B023
            done += _TRAINING
        report = refresh(there, open_scorer(there))
        done += 1
        tell(done, total)
    assert report is not None, "there is always the present"
    mature(pulse)
    judge_drift(pulse, open_scorer(pulse), past[-1].at_us)
    return report

"""What operators' deeds are dated: the clock's time, or that of a log which ended long ago."""

from tutorpulse.clock import DAY_US
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse


def moment_us(pulse: Pulse) -> int:
    """Now, as a refresh would see it: what is dated by it fits the predictions that it is about.

    Dated by the clock, one deed in a log that ended last year would make everybody else silent for a year.
    """
    now_us = pulse.clock.now_us()
    run = pulse.state.runs.last()
    if run is not None and now_us - run.as_of_us <= DAY_US:
        return now_us
    newest_us = pulse.store.newest_us()
    if newest_us is None:
        return now_us
    return refresh_moment(newest_us, now_us, run.as_of_us if run else None)[0]

"""As of when a refresh speaks."""

from tutorpulse.clock import DAY_US, format_time


def refresh_moment(newest_us: int, now_us: int, last_run_us: int | None) -> tuple[int, str | None]:
    """The as-of of a refresh, and what is to be said about it.

    The clock's time while events keep coming. Where the newest event is more than a day old, its time: a log that
    ended long ago is looked at as it was then. Never before the last refresh, so that predictions do not go back.
    """
    if now_us - newest_us <= DAY_US:
        return max(now_us, last_run_us or now_us), None
    as_of_us = max(newest_us, last_run_us or newest_us)
    days = (now_us - newest_us) / DAY_US
    return as_of_us, (
        f"The newest event is {days:.0f} days old ({format_time(newest_us)}): predictions are as of {format_time(as_of_us)}."
    )

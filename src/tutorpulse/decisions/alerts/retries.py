"""When a message that failed is tried again."""

from tutorpulse.clock import HOUR_US, SECOND_US

FIRST_US = 2 * SECOND_US
LONGEST_US = HOUR_US


def next_try_us(attempts: int, now_us: int, asked_s: float | None = None) -> int:
    """After so many attempts: twice as long each time, an hour at most, or as long as the receiver asked for if that is longer."""
    wait_us = min(LONGEST_US, FIRST_US << min(max(attempts, 1) - 1, 20))
    return now_us + max(wait_us, min(LONGEST_US, int((asked_s or 0) * SECOND_US)))

"""Quiet hours of a receiver, by the wall clock of its time zone.

It is quiet whenever that clock reads so. Where clocks go back an hour is read twice and is quiet twice; where they go forward, what
is skipped is not waited for.
"""

import re
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from tutorpulse.clock import us_to_datetime
from tutorpulse.errors import SettingsError

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class Quiet:
    """From `begins` to before `ends`, over midnight where that is earlier."""

    begins: time
    ends: time
    zone: ZoneInfo

    def holds(self, now_us: int) -> bool:
        """Whether it is quiet at that moment."""
        clock = us_to_datetime(now_us).astimezone(self.zone).time()
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


def parse_quiet(text: str, zone: ZoneInfo) -> Quiet:
    """Such as "22:00-07:00".

    Raises:
        SettingsError: it is no span of two different times of day.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or found[1] + found[2] == found[3] + found[4]:
        raise SettingsError(
            f'quiet = {text!r} is no span of hours. Give two times of day, as in "22:00-07:00".'
        )
    hours = [int(part) for part in found.groups()]
    return Quiet(time(hours[0], hours[1]), time(hours[2], hours[3]), zone)

"""Checks of the home and the log: rights, gaps, clocks, rejects."""

from dataclasses import dataclass

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.checkup.facts import DayCounts, Facts, LogFacts
from tutorpulse.decisions.checkup.finding import Check, Finding, Level, counted, date, listed, on_log, percent
from tutorpulse.decisions.checkup.gaps import Gap, find_gaps

FREE_BYTES_MIN = 1_000_000_000
"""Training and big reads spill to disk: below this, or below the size of the log, they may fail."""

EARLY_SHARE_WARNING = 0.01
LATE_SHARE_WARNING = 0.05
REJECTED_SHARE_WARNING, REJECTED_SHARE_PROBLEM = 0.01, 0.10
SAME_TIME_SHARE = 0.9
STRAY_SHARE, STRAY_SHARE_MAX = 0.001, 0.005
"""Events that may stray at either end of the log: so many, one at least, but in a small log no more than the second share."""

STRAY_DAYS_MIN, STRAY_SPAN_SHARE = 7, 0.05
"""Stray events are new if they reach further past the others than this many days and this share of the others' span. Logs
begin thinly, so old ones must reach further back than the others' whole span."""

_CORRECT = "Correct these events, and import the log into a new home."


def _rights(facts: Facts) -> Finding | None:
    if not facts.home.unwritable:
        return None
    return Finding(
        "problem",
        "home.rights",
        f"This user may not write {listed(facts.home.unwritable)} in the home.",
        "Give the user that runs tutorpulse the right to read and write the whole folder.",
    )


def _space(facts: Facts) -> Finding | None:
    home = facts.home
    needed = max(FREE_BYTES_MIN, home.log_bytes)
    if home.free_bytes >= needed:
        return None
    return Finding(
        "warning",
        "home.space",
        f"The home's disk has {home.free_bytes / 1e9:.1f} GB free; the log takes {home.log_bytes / 1e9:.1f} GB.",
        f"Free {(needed - home.free_bytes) / 1e9:.1f} GB: training and big reads need room beside the log.",
    )


def _empty(facts: Facts) -> Finding | None:
    if facts.log is not None:
        return None
    return Finding(
        "problem", "log.empty", "The home holds no events.", "Run `tutorpulse import FILE` with your events."
    )


def _age(facts: Facts, log: LogFacts) -> Finding | None:
    days = (facts.now_us - log.clocks.newest_us) / DAY_US
    if days <= 1:
        return None
    return Finding(
        "notice",
        "log.age",
        f"The newest event is {days:,.0f} days old ({date(log.clocks.newest_us)}): predictions speak as of then, not as of today.",
        "Import newer events if there are any.",
    )


def _gaps(_: Facts, log: LogFacts) -> Finding | None:
    gaps = find_gaps(log.days)
    if not gaps:
        return None
    longest = sorted(gaps, key=lambda gap: -gap.days)
    return Finding(
        "warning",
        "log.gaps",
        f"{counted(sum(gap.days for gap in gaps), 'day')} without any event where the days around had many.",
        "Look whether the export of these days is missing, and import it. Otherwise everybody seems to have been silent, "
        "and returned; if the marketplace was closed, nothing is to be done.",
        tuple(map(_told, longest)),
    )


def _told(gap: Gap) -> str:
    first, last = date(gap.first_day * DAY_US), date((gap.first_day + gap.days - 1) * DAY_US)
    return first if gap.days == 1 else f"{first} to {last}, {gap.days:,} days"


def _stray_old(_: Facts, log: LogFacts) -> Finding | None:
    core = _core(log.days)
    if core.low_day - core.first_day <= core.days + STRAY_DAYS_MIN:
        return None
    return Finding(
        "warning",
        "clock.stray_old",
        f"{counted(core.before, 'event')} of {log.events:,} lie before {date(core.low_day * DAY_US)}, back to "
        f"{date(core.first_day * DAY_US)}: longer than all the others span.",
        f"Look at their timestamps (seconds taken for milliseconds, a default date?). {_CORRECT}",
    )


def _stray_new(_: Facts, log: LogFacts) -> Finding | None:
    core = _core(log.days)
    if core.last_day - core.high_day <= max(STRAY_DAYS_MIN, STRAY_SPAN_SHARE * core.days):
        return None
    return Finding(
        "warning",
        "clock.stray_new",
        f"{counted(core.after, 'event')} of {log.events:,} lie after {date(core.high_day * DAY_US)}, up to "
        f"{date(core.last_day * DAY_US)}. Predictions speak as of the newest event, when everybody seems to have been silent.",
        f"Set the clocks of whoever sends such times. {_CORRECT}",
    )


@dataclass(frozen=True)
class _Core:
    """The days between which all but a few events lie, how many lie before and after, and the log's ends."""

    first_day: int
    low_day: int
    high_day: int
    last_day: int
    before: int
    after: int

    @property
    def days(self) -> int:
        return self.high_day - self.low_day


def _core(days: DayCounts) -> _Core:
    upto = days.events.cumsum()
    events = int(upto[-1])
    few = int(min(max(1, STRAY_SHARE * events), STRAY_SHARE_MAX * events))
    low, high = int(upto.searchsorted(few, side="right")), int(upto.searchsorted(events - few))
    day = days.day
    before, after = int(upto[low] - days.events[low]), int(events - upto[high])
    return _Core(int(day[0]), int(day[low]), int(day[high]), int(day[-1]), before, after)


def _early(_: Facts, log: LogFacts) -> Finding | None:
    share = log.clocks.early / log.events
    if not share:
        return None
    return Finding(
        "warning" if share > EARLY_SHARE_WARNING else "notice",
        "clock.early",
        f"{counted(log.clocks.early, 'event')} ({percent(share)}) were received more than a minute before they happened.",
        "Set the senders' clocks (NTP), or send times with their offset from UTC.",
    )


def _future(facts: Facts, log: LogFacts) -> Finding | None:
    ahead = log.clocks.newest_us - facts.now_us
    if ahead <= 0:
        return None
    return Finding(
        "notice",
        "clock.future",
        f"The newest event happens {ahead / DAY_US:.1f} days from now ({date(log.clocks.newest_us)}).",
        "Set the sender's clock or this machine's, or send times with their offset from UTC.",
    )


def _late(_: Facts, log: LogFacts) -> Finding | None:
    share = log.clocks.late / log.events
    if share <= LATE_SHARE_WARNING:
        return None
    return Finding(
        "warning",
        "clock.late",
        f"{percent(share)} of the events were received more than a week after they happened: training, which looks at what "
        "was known at the time, cannot see them then.",
        "Import history with the time at which each event was received, or without `--received now`, into a new home. "
        "If senders deliver late, let them deliver sooner.",
    )


def _dates_only(_: Facts, log: LogFacts) -> Finding | None:
    if log.clocks.same_time_of_day < SAME_TIME_SHARE:
        return None
    return Finding(
        "notice",
        "clock.dates",
        f"{percent(log.clocks.same_time_of_day)} of the events stand at one time of day: these are dates. What needs the hour "
        "(evenings, response times, the order within a day) means nothing.",
        "Import times with their hour if they are known.",
    )


def _zones(_: Facts, log: LogFacts) -> Finding | None:
    if not log.unknown_zones:
        return None
    return Finding(
        "notice",
        "clock.zones",
        f"Profiles name time zones that do not exist: {listed(log.unknown_zones)}. Their people's local times follow "
        "`marketplace_timezone`.",
        "Send IANA names, such as Europe/Berlin.",
    )


def _nobody(facts: Facts, _: LogFacts) -> Finding | None:
    if facts.kinds:
        return None
    return Finding(
        "problem",
        "log.nobody",
        "By the newest event's time nobody was known to be registered or active: there is nobody to learn from or to score.",
        "Import registrations and sessions; of history, with the time at which it was received, or without `--received now`.",
    )


def _rejects(_: Facts, log: LogFacts) -> Finding | None:
    rejected = sum(log.rejects.values())
    if not rejected:
        return None
    share = rejected / (rejected + log.events)
    by_count = sorted(log.rejects.items(), key=lambda item: (-item[1], item[0]))
    level: Level = "warning" if share > REJECTED_SHARE_WARNING else "notice"
    return Finding(
        "problem" if share > REJECTED_SHARE_PROBLEM else level,
        "log.rejects",
        f"{counted(rejected, 'event')}, {percent(share)} of what arrived, broke the contract and {'waits' if rejected == 1 else 'wait'} "
        "among the rejects.",
        "Look at them with `tutorpulse rejects list`, correct and replay them with `tutorpulse rejects replay`.",
        tuple(f"{count:,} × {reason}" for reason, count in by_count),
    )


HOME_CHECKS = (
    Check("home.rights", "The home can be written.", _rights, lambda _: True),
    Check("home.space", "There is room on the disk.", _space, lambda _: True),
    Check("log.empty", "There are events.", _empty, lambda facts: not facts.home.unwritable),
)

LOG_CHECKS = (
    on_log("log.nobody", "The log knows tutors or students.", _nobody),
    on_log("log.age", "The newest events are of today.", _age),
    on_log("log.gaps", "There are no gaps in time.", _gaps),
    on_log("clock.stray_old", "No timestamps stray far before the others.", _stray_old),
    on_log("clock.stray_new", "No timestamps stray far past the others.", _stray_new),
    on_log("clock.early", "No event was received before it happened.", _early),
    on_log("clock.future", "No event lies in the future.", _future),
    on_log("clock.late", "Events were received soon after they happened.", _late),
    on_log("clock.dates", "Times have their hour.", _dates_only),
    on_log("clock.zones", "Time zones are known.", _zones),
    on_log("log.rejects", "No event waits among the rejects.", _rejects),
)

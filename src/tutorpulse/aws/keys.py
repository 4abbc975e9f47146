"""The sort keys of the table: what stands under an entity, and what stands for itself.

Under `entity_id` = a tutor's or student's id:

    event#DAY#EVENT_ID       one event, whole; its time is `ts`, so that it stays out of the index
    tile#DAY                 the totals of that day's events
    neighbour                what students' features read of a tutor, as it was at the last look
    subjects#KIND            what they teach or learn, with a `timestamp`
    tutor, student           the current prediction, with a `timestamp`: what the index lists by kind
    tutor#TABLE#KEY          the rest of what is known of the prediction: levels, recommendations, history, moves, insights

For themselves:

    id#EVENT_ID              claim     whose content the id has, and when it was received first
    link#session:ID          link      who took part in a session or request, and the events that said so
    changed                  TIME#…    a list of whom a batch touched, with the days: they wait for a look
    ALERT_ID                 insight   one insight, with a `timestamp`
    notice#ALERT#TIME#KIND   notice    what an alert has to say; it has a `timestamp` until it is sent
    reject#ID                reject    what broke the contract, whole
    log                      …         facts of the log as a whole
    population#KIND#DAY      …         what everybody was at a midnight, in chunks
"""

from tutorpulse.clock import us_to_datetime
from tutorpulse.features.frame import EntityType

EVENTS, TILES = "event#", "tile#"
LAST = "\U0010ffff"
"""Sorts after every other character."""

CLAIM, LINK, INSIGHT, NOTICE, REJECT = "claim", "link", "insight", "notice", "reject"
NEIGHBOUR = "neighbour"
LOG = "log"
PAYMENTS = "payments"
MARKS = "changed"


def day_of(ts_us: int) -> str:
    """The UTC day of a time, as 2026-03-01."""
    return us_to_datetime(ts_us).date().isoformat()


def event_key(ts_us: int, event_id: str) -> str:
    """The sort key of an event."""
    return f"{EVENTS}{day_of(ts_us)}#{event_id}"


def tile_key(day: str) -> str:
    """The sort key of a day's totals."""
    return TILES + day


def subjects_key(kind: EntityType) -> str:
    """The sort key of what somebody teaches or learns."""
    return f"subjects#{kind}"


def population_id(kind: EntityType, midnight_us: int) -> str:
    """The partition key of what everybody of a kind was at a midnight."""
    return f"population#{kind}#{day_of(midnight_us)}"


def stamp(us: int) -> str:
    """A time as the index sorts it: RFC 3339 in UTC with six decimals."""
    return us_to_datetime(us).isoformat(timespec="microseconds").replace("+00:00", "Z")

"""Features 28 to 37 of a student: behaviour."""

from tutorpulse.clock import HOUR_US
from tutorpulse.features.catalog import Feature
from tutorpulse.features.sql import RESOLVED, count, last_days, mean, share

_GROUP = "behaviour"
_D30 = last_days(30)
_CALL = "event_type = 'ib_call_logged'"
_LATE_HOURS = 24
_NOTICE_HOURS = f"COALESCE(notice_hours, (start_us - reported_us) / {float(HOUR_US)!r})"

_CALLS = (
    *(
        Feature(
            name=f"ib_calls_{days}d",
            source="contacts",
            sql=count(f"{_CALL} AND {last_days(days)}"),
            empty=0,
            group=_GROUP,
            unit="calls",
            sentence=f"Calls logged in the last {days} days.",
            healthy="down",
        )
        for days in (7, 14)
    ),
    Feature(
        name="ib_call_rate",
        source="contacts",
        sql=f"{count(f'{_CALL} AND {last_days(14)}')} / 14.0",
        empty=0,
        group=_GROUP,
        unit="calls per day",
        sentence="Calls logged in the last 14 days, per day.",
        healthy="down",
    ),
)

_ATTENDANCE = (
    *(
        Feature(
            name=f"cancellation_rate_{days}d",
            source="recent",
            sql=share(
                "outcome = 'cancelled' AND (cancelled_by = 'student' OR cancelled_by IS NULL)",
                f"{RESOLVED} AND {last_days(days)}",
            ),
            group=_GROUP,
            unit="share",
            sentence="Cancelled by the student, or by an unknown side, of the resolved sessions of the last "
            f"{days} days.",
            healthy="down",
        )
        for days in (7, 30)
    ),
    Feature(
        name="no_show_rate_30d",
        source="recent",
        sql=share(
            "outcome = 'no_show' AND (no_show_by = 'student' OR no_show_by IS NULL)", f"{RESOLVED} AND {_D30}"
        ),
        group=_GROUP,
        unit="share",
        sentence="No-shows of the student, or of an unknown side, of the resolved sessions of the last 30 days.",
        healthy="down",
    ),
    Feature(
        name="late_cancellations_30d",
        source="recent",
        sql=count(
            f"outcome = 'cancelled' AND cancelled_by = 'student' AND {_NOTICE_HOURS} < {_LATE_HOURS} AND {_D30}"
        ),
        empty=0,
        group=_GROUP,
        unit="sessions",
        sentence="Sessions cancelled by the student in the last 30 days with less than 24 h notice, as stated, else from the "
        "cancellation to the planned start.",
        healthy="down",
    ),
)

_SERVICE = (
    Feature(
        name="avg_response_time_hours",
        source="contacts",
        sql=mean("response_time_hours", f"event_type = 'message_responded' AND {_D30}"),
        group=_GROUP,
        unit="hours",
        sentence="Mean time to answer a message, last 30 days.",
        healthy="down",
    ),
    Feature(
        name="support_tickets_30d",
        source="contacts",
        sql=count(f"event_type = 'support_ticket_opened' AND {_D30}"),
        empty=0,
        group=_GROUP,
        unit="tickets",
        sentence="Support tickets opened in the last 30 days, complaints included.",
        healthy="down",
    ),
    Feature(
        name="complaints_30d",
        source="contacts",
        sql=count(f"event_type = 'support_ticket_opened' AND is_complaint = 1 AND {_D30}"),
        empty=0,
        group=_GROUP,
        unit="tickets",
        sentence="Support tickets of the last 30 days that are complaints.",
        healthy="down",
    ),
)

CONDUCT = (*_CALLS, *_ATTENDANCE, *_SERVICE)

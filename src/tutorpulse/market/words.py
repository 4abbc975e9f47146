"""What an insight about a subject says, and what to do about it."""

from tutorpulse.market.balance import ANSWER_DAYS, WINDOW_DAYS, Balance
from tutorpulse.market.forecast import Forecast

ACTIONS = {
    "marketplace_balance": (
        "Recruit tutors of the subject, or ask those of neighbouring subjects to teach it",
        "Tell tutors of the subject that requests are waiting",
    ),
    "tutor_capacity": (
        "Ask tutors of the subject with free time to offer more hours",
        "Recruit tutors of the subject before the busiest ones tire",
    ),
}
"""Actions by type of insight, most valuable first."""

MEDIUM_REQUESTS, HIGH_REQUESTS = 20, 100
MEDIUM_TUTORS, HIGH_TUTORS = 5, 20


def told(insight_type: str, balance: Balance, row: int) -> str:
    """One sentence about a row, such as "34 % of 120 requests of 28 days found no tutor within 3 days"."""
    if insight_type == "marketplace_balance":
        share, requests = balance.unserved_share[row], balance.requests[row]
        return (
            f"{100 * share:.0f} % of {requests:,.0f} requests of {WINDOW_DAYS} days "
            f"found no tutor within {ANSWER_DAYS} days"
        )
    share, hours, tutors = balance.booked_share[row], balance.offered_hours[row], balance.tutors[row]
    of = "1 tutor" if tutors == 1 else f"{tutors:,.0f} tutors"
    return f"{100 * share:.0f} % of the {hours:,.0f} h that {of} offered in 7 days are booked or taught"


def told_ahead(found: Forecast, row: int) -> str:
    """One sentence about the week to come, such as "120 h are wanted in the week to come (requests +12 % a week), 98 h are declared"."""
    demand, supply = found.demand_hours[row], found.supply_hours[row]
    moved = 100 * (found.trend[row] - 1)
    return (
        f"{demand:,.0f} h are expected to be wanted in the week to come (requests {moved:+.0f} % a week), "
        f"tutors declare {supply:,.0f} h"
    )


def confidence(insight_type: str, balance: Balance, row: int) -> str:
    """low, medium or high, from how much was counted."""
    if insight_type == "marketplace_balance":
        counted, medium, high = balance.requests[row], MEDIUM_REQUESTS, HIGH_REQUESTS
    else:
        counted, medium, high = balance.tutors[row], MEDIUM_TUTORS, HIGH_TUTORS
    return "high" if counted >= high else "medium" if counted >= medium else "low"

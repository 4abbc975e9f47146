"""A home whose model cannot be used: what was predicted last stays, marked stale, and an alert says so."""

from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.root import Pulse


def leave_standing(pulse: Pulse) -> int:
    """Mark every prediction that is not frozen as stale, open the alert, and say how many were not stale yet."""
    with pulse.state.transaction():
        marked = sum(pulse.state.predictions.mark_stale(kind) for kind in ENTITY_TYPES)
        apply(pulse.state, watch_system(pulse))
    return marked

"""A home whose model cannot be used: what was predicted last stays, marked stale, and an alert says so."""

from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.delivery.planning import register
from tutorpulse.service.delivery.receivers import load_receivers
from tutorpulse.service.root import Pulse


def leave_standing(pulse: Pulse, problem: str) -> int:
    """Mark every prediction that is not frozen as stale, open the alerts that tell the `problem`, and say how many were not stale yet.

    Raises:
        SettingsError: the receivers or alert rules are wrong.
    """
    receivers = load_receivers(pulse.home.path, pulse.settings)
    with pulse.state.transaction():
        register(pulse.state, receivers)
        marked = sum(pulse.state.predictions.mark_stale(kind) for kind in ENTITY_TYPES)
        apply(pulse.state, watch_system(pulse, problem))
    return marked

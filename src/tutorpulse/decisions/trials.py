"""Trials of playbooks: who is held out, by lot, before anything is known of how it ends."""

import hashlib
from typing import Literal

from tutorpulse.decisions.rules import Rule

Arm = Literal["act", "hold"]

HOLD_DAYS = 30
"""Whoever is held out is so for the longest horizon of an outcome; then the action is suggested to them too."""


def lot(rule: Rule, entity_id: str) -> float:
    """A number in [0, 1) that the rule's key and salt and the entity always give."""
    text = "\x1f".join((rule.salt, rule.key, rule.entity, entity_id))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56


def arm_of(rule: Rule, entity_id: str) -> Arm:
    """Held out where the lot falls below the rule's share; raising the share moves nobody out of `hold`."""
    return "hold" if lot(rule, entity_id) < rule.hold_out else "act"

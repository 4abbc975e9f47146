"""From a provider's claims to a role."""

from collections.abc import Mapping
from typing import Any

from tutorpulse.settings import Settings
from tutorpulse.store.state.users import Role

EVERYBODY = "*"


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """The value of a claim: of this very name (some providers name claims by URL), else by dots into objects; None: there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def role_of(claims: Mapping[str, Any], settings: Settings) -> Role | None:
    """The highest role that any value of the claim `oidc_role_claim` gives; None: none does. The claim is a text or a list of them."""
    told = claim_at(claims, settings.oidc_role_claim)
    values = (
        {told}
        if isinstance(told, str)
        else {v for v in told if isinstance(v, str)}
        if isinstance(told, list)
        else set()
    )
    values.discard(EVERYBODY)
    if values & set(settings.oidc_admins):
        return "admin"
    if values & set(settings.oidc_operators):
        return "operator"
    if EVERYBODY in settings.oidc_viewers or values & set(settings.oidc_viewers):
        return "viewer"
    return None

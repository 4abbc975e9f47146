"""tutorpulse: watches a tutoring marketplace's events and says who needs someone, why, and what to do."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorpulse.client import Client as Client

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`tutorpulse.Client`, imported when it is asked for: it needs httpx, an extra."""
    if name == "Client":
        from tutorpulse.client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Where one-time links lead."""

from tutorpulse.service.socket.client import serving_address
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home

LINK_PATH = "/link/{secret}"


def path_of(secret: str) -> str:
    """The path of a link."""
    return LINK_PATH.replace("{secret}", secret)


def link_to(home: Home, settings: Settings, secret: str) -> str:
    """A link for somebody elsewhere: at `public_url` if set, else where the home is served, or would be."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + path_of(secret)
    held = serving_address(home.path)
    scheme = "https" if settings.tls_certificate else "http"
    address = held.address if held and held.address else f"{scheme}://{settings.host}:{settings.port}"
    return address + path_of(secret)

"""The cookie of a signed-in browser, and the proof that a request comes from our own pages."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.problems import ProblemError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE = "tutorpulse"


def cookie_name(request: Request) -> str:
    """The cookie's name: over TLS with the prefix by which browsers hold it to this host and to TLS."""
    return f"__Host-{_COOKIE}" if request.url.scheme == "https" else _COOKIE


def secret_of(request: Request) -> str | None:
    """What the browser shows, if it shows anything."""
    return request.cookies.get(cookie_name(request)) or None


def set_cookie(request: Request, response: Response, secret: str, lasts_s: int) -> None:
    """Give the browser a sign-in's secret. No script reads it, and no other site's form or script sends it along."""
    _set(request, response, secret, lasts_s)


def clear_cookie(request: Request, response: Response) -> None:
    """Take it away."""
    _set(request, response, "", 0)


def _set(request: Request, response: Response, value: str, lasts_s: int) -> None:
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=lasts_s,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def check_same_site(request: Request) -> None:
    """Let a request that changes something pass only if a page of ours sent it; anything may be looked at.

    Browsers say so in `Sec-Fetch-Site` or `Origin`, which no page can forge; a request with neither is refused.

    Raises:
        ProblemError: another site sent it, or nothing says which.
    """
    if request.method in SAFE_METHODS or _same_site(request):
        return
    raise ProblemError(
        "cross-site",
        "A browser's request that changes something must come from a page of this service. Programs use a key instead of a cookie.",
    )


def _same_site(request: Request) -> bool:
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")

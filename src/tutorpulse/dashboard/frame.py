"""The frame around every page: navigation, theme, headers, and what templates may call."""

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import quote

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tutorpulse.api.context import here
from tutorpulse.dashboard import assets, texts
from tutorpulse.dashboard.terms import TERMS
from tutorpulse.dashboard.viewer import Viewer

Theme: TypeAlias = Literal["auto", "light", "dark"]
THEME_COOKIE = "theme"

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-store",
    "referrer-policy": "same-origin",
}
"""No page loads anything from another host, or runs a script that stands in it."""


class Tab(msgspec.Struct, frozen=True):
    """One entry of the navigation."""

    path: str
    name: str


TABS = (
    Tab("/", "Overview"),
    Tab("/tutors", "Tutors"),
    Tab("/students", "Students"),
    Tab("/tasks", "Work list"),
    Tab("/alerts", "Alerts"),
    Tab("/capacity", "Capacity"),
    Tab("/retention", "Retention"),
    Tab("/models", "Models"),
    Tab("/data", "Data"),
    Tab("/settings", "Settings"),
)


@dataclass(frozen=True)
class Office:
    """The user's own back office; `template` is the setting, empty where pages link nowhere else."""

    template: str

    def of(self, kind: str, entity_id: str) -> str | None:
        """Where it shows somebody; None: nowhere."""
        return self.template.replace("{kind}", kind).replace("{id}", quote(entity_id, safe="")) or None


def _office_of(request: Request) -> Office:
    template = here(request).service.pulse.settings.entity_url_template
    return Office(template if template.startswith(("https://", "http://")) else "")


@cache
def environment() -> Environment:
    """The templates, which escape all that they are given."""
    made = Environment(
        loader=PackageLoader("tutorpulse.dashboard"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": assets.url, "TABS": TABS, "TERMS": TERMS, "next_id": count(1).__next__}
    made.filters |= texts.FILTERS
    return made


def page(
    request: Request, template: str, viewer: Viewer | None, status: int = 200, **content: Any
) -> HTMLResponse:
    """A whole page."""
    frame = {
        "viewer": viewer,
        "theme": theme_of(request),
        "here": _tab(request.url.path),
        "complete": assets.complete(),
    }
    return _answer(request, template, frame | content, status)


def part(request: Request, template: str, **content: Any) -> HTMLResponse:
    """A piece of a page that is fetched after it."""
    return _answer(request, template, content, 200)


def _answer(request: Request, template: str, content: dict[str, Any], status: int) -> HTMLResponse:
    shown = environment().get_template(template).render(content | {"office": _office_of(request)})
    return HTMLResponse(shown, status, HEADERS)


def theme_of(request: Request) -> Theme:
    """What the caller chose; `auto` follows their system."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return next((theme for theme in get_args(Theme) if theme == chosen), "auto")


def _tab(path: str) -> str:
    return "/" + path.split("/")[1]

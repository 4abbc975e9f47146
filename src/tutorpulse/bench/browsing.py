"""`bench dashboard`: how soon pages over many tutors are whole in a cold Chromium, and what many open pages cost."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, replace
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from tutorpulse.bench.harness import Options, Result, result
from tutorpulse.bench.open_pages import OpenPages, cost_of_open_pages
from tutorpulse.bench.served import Served, refresh_whole, served
from tutorpulse.clock import DAY_US, HOUR_US, SystemClock, format_time
from tutorpulse.errors import InputError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LESSONS = 4
"""Events a tutor: lessons of the last weeks."""
STUDENTS_PER_TUTOR = 0.3
_AT_ONCE = 100_000
_WAIT_MS = 120_000
_SETTLED_S = 5.0
_SMALL = 4_000


def run(options: Options) -> Result:
    """A home of a tutor for every four events, refreshed and served. Each repeat is a new browser context, without a cache; a
    first one, which warms the service's own answers, is not counted.

    The value is the time from the address until all parts of the overview are in. The limit is the page of an address that does not exist, with the same style
    and font and nothing to ask, in the same browser.

    Raises:
        InputError: there is no Chromium, or Playwright is not installed.
    """
    launch = _launcher()
    home = _filled(options)
    refresh_whole(home)
    with served(home) as at, launch() as browser:
        _opened(browser, at, "/", _whole)
        overview, paints, tables, empty = (
            [_opened(browser, at, *what) for _ in range(options.repeats)] for what in _WHAT
        )
    pages = _pages_of_small(options)
    details = {
        "tutors": options.events // LESSONS,
        "overview_first_paint_s": median(paints),
        "tutors_by_risk_s": median(tables),
        "open_pages": asdict(pages),
    }
    return result("dashboard", "s", overview, median(empty), details, smaller_is_better=True)


def _launcher() -> "Callable[[], AbstractContextManager[Browser]]":
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise InputError("The benchmark needs Playwright. Install with `pip install playwright`.") from None
    if path is None:
        raise InputError("The benchmark needs Chromium. Install it, or name it in CHROMIUM.")

    @contextmanager
    def launch() -> Iterator["Browser"]:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            yield browser
            browser.close()

    return launch


def _filled(options: Options) -> Home:
    home = Home.open(options.folder / "home", create=True)
    now_us = SystemClock().now_us()
    arrival = Arrival(now_us=now_us, source="bench", replayed=True, received_when_happened=True)
    with EventStore.open(home) as store:
        for first in range(0, options.events, _AT_ONCE):
            options.progress(first, options.events)
            some = range(first, min(first + _AT_ONCE, options.events))
            store.append(decode_lines(b"\n".join(_lesson(n, options.events, now_us) for n in some), arrival))
    return home


def _lesson(number: int, events: int, now_us: int) -> bytes:
    """The tutors' lessons, spread over the last 45 days: the further on a tutor stands, the longer ago."""
    tutors = max(1, events // LESSONS)
    tutor, nth = number % tutors, number // tutors
    days_ago = 1 + 44 * (tutor / tutors) * (nth + 1) / LESSONS
    student = (tutor * 7 + nth) % max(1, int(tutors * STUDENTS_PER_TUTOR))
    return msgspec.json.encode(
        {
            "event_id": f"lesson-{number}",
            "event_type": "session_completed",
            "timestamp": format_time(now_us - int(days_ago * DAY_US) - number % HOUR_US),
            "payload": {
                "session_id": f"session-{number}",
                "tutor_id": f"tutor-{tutor:06}",
                "student_id": f"student-{student:06}",
                "subject": ("maths", "physics", "english", "art")[tutor % 4],
                "price": 30.0,
                "rating": 3 + number % 3,
            },
        }
    )


def _opened(browser: "Browser", at: Served, path: str, until: "Callable[[Page], float | None]") -> float:
    """Seconds from asking for a page until it is there, in a context that has nothing cached."""
    with closing(browser.new_context(extra_http_headers={"Authorization": f"Bearer {at.secret}"})) as context:
        page = context.new_page()
        page.set_default_timeout(_WAIT_MS)
        began = time.perf_counter()
        page.goto(f"http://{at.host}:{at.port}{path}", wait_until="commit")
        told = until(page)
        return time.perf_counter() - began if told is None else told


def _whole(page: "Page") -> None:
    page.wait_for_load_state("load")
    page.wait_for_selector("[aria-busy]", state="detached")


def _painted(page: "Page") -> float:
    page.wait_for_load_state("load")
    told = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    while not (paint_ms := page.evaluate(told)):
        page.wait_for_timeout(10)
    return float(paint_ms) / 1_000


def _listed(page: "Page") -> None:
    page.locator("[row-index='0'] a").first.wait_for()


def _loaded(page: "Page") -> None:
    page.wait_for_load_state("load")


_WHAT: "Sequence[tuple[str, Callable[[Page], float | None]]]" = (
    ("/", _whole),
    ("/", _painted),
    ("/tutors?sort=-burnout_risk", _listed),
    ("/nowhere", _loaded),
)


def _pages_of_small(options: Options) -> OpenPages:
    """Of a home of 1,000 tutors: a page costs the same over many, whose scoring would hide it."""
    (options.folder / "small").mkdir()
    home = _filled(replace(options, events=_SMALL, folder=options.folder / "small"))
    refresh_whole(home)
    with served(home) as at:
        time.sleep(_SETTLED_S)
        return cost_of_open_pages(home, at)

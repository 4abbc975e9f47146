"""Pictures of every page: `python -m tools.screenshots [HOME] [--only PAGE,PAGE]` writes docs/screens/.

Without a home it makes one as the demonstration does, and lives through its last ten weeks: a model of what was known then,
a refresh a week, and a day in the last week. Needs Chromium (the variable CHROMIUM, or `chromium` on the path).
"""

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tools.acted import acted, trial
from tutorpulse.bench.served import Served, served
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_alone
from tutorpulse.service.served import open_scorer
from tutorpulse.service.track.maturing import mature
from tutorpulse.service.training import train_home
from tutorpulse.simulate import emit, parameters, population
from tutorpulse.store.home import Home
from tutorpulse.training.snapshots import Limits

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screens"
WIDTHS = (1440, 1024, 390)
THEMES = ("light", "dark")
PAGES = {
    "overview": "/",
    "tutors": "/tutors",
    "students": "/students?segment=at_risk&segment=churned",
    "tutor": "/tutors/{tutor}",
    "student": "/students/{student}",
    "record": "/tutors/{tutor}/record",
    "work-list": "/tasks",
    "task": "/tasks/{task}",
    "by-hand": "/tasks/by-hand",
    "reviews": "/tasks/reviews",
    "playbooks": "/tasks/playbooks",
    "alerts": "/alerts",
    "capacity": "/capacity",
    "retention": "/retention",
    "models": "/models",
    "data": "/data",
    "settings": "/settings?churning_burnout_above=50",
}
_QUALITY = 50
_HEIGHTS = {1440: 1400, 1024: 1300, 390: 1400}
_DAYS, _SEED = 365, 7
_DAYS_AGO = (70, 63, 56, 49, 42, 35, 28, 21, 14, 10, 7, 6, 5, 4, 3, 2, 1, 0)


def lived(path: Path) -> Home:
    """A home that has been in use for ten weeks."""
    with open_alone(path, create=True) as pulse:
        _filled(pulse)
        trial(pulse.home)
        now_us = pulse.clock.now_us()
        then = replace(pulse, clock=FixedClock(now_us - _DAYS_AGO[0] * DAY_US))
        train_home(then, lambda *_: None, as_of_us=then.clock.now_us(), limits=Limits(dates=24, rows=20_000))
        for days in _DAYS_AGO:
            there = replace(pulse, clock=FixedClock(now_us - days * DAY_US))
            refresh(there, open_scorer(there))
        mature(pulse)
        acted(pulse)
        refresh(pulse, open_scorer(pulse))
        return pulse.home


def _filled(pulse: Pulse) -> None:
    now_us = pulse.clock.now_us()
    world = population.new_world(parameters.load(None), 300, 3000, now_us // DAY_US - _DAYS, _DAYS, _SEED)
    arrival = Arrival(now_us=now_us, source="simulation", replayed=True, received_when_happened=True)
    for lines, _ in emit.line_chunks(world, _DAYS):
        pulse.store.append(decode_lines("\n".join(lines).encode(), arrival))


@contextmanager
def _context(playwright: Playwright, at: Served) -> Iterator[BrowserContext]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    yield browser.new_context(extra_http_headers={"Authorization": f"Bearer {at.secret}"})
    browser.close()


def _neediest(context: BrowserContext, address: str, kind: str) -> str:
    order = "-burnout_risk" if kind == "tutor" else "-churn_risk_14d"
    found = context.request.get(f"{address}/v1/{kind}s?limit=1&status=active&sort={order}").json()
    return str(found["items"][0]["entity_id"])


def shoot(at: Served, target: Path, only: Collection[str] = ()) -> None:
    """Every page, or those named `only`, in every width and theme."""
    address = f"http://{at.host}:{at.port}"
    with sync_playwright() as playwright, _context(playwright, at) as context:
        names = {kind: _neediest(context, address, kind) for kind in ("tutor", "student")}
        names["task"] = str(context.request.get(f"{address}/v1/tasks?limit=4").json()["items"][3]["task_id"])
        page = context.new_page()
        for theme in THEMES:
            context.add_cookies([{"name": "theme", "value": theme, "url": address}])
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                for name, path in PAGES.items():
                    if only and name not in only:
                        continue
                    _shot(page, address + path.format(**names), target / f"{name}-{width}-{theme}.webp")


def _shot(page: Page, url: str, path: Path) -> None:
    page.goto(url)
    page.wait_for_selector("[aria-busy]", state="detached")
    if page.locator("[data-grid]").count():
        page.locator("[row-index='0'] a").first.wait_for()
    page.wait_for_timeout(400)
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as image:
        top = image.crop((0, 0, image.width, min(image.height, _HEIGHTS[image.width])))
        top.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)


def main() -> None:
    """Shoot the home that is named, or one made for it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", nargs="?", type=Path)
    parser.add_argument("--only", default="", help="pages between commas")
    asked = parser.parse_args()
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        home = Home.open(asked.home) if asked.home else lived(Path(work) / "home")
        with served(home) as at:
            shoot(at, TARGET, [name for name in asked.only.split(",") if name])
    size = sum(path.stat().st_size for path in TARGET.iterdir())
    print(f"{len(list(TARGET.iterdir()))} pictures, {size / 1e6:.1f} MB, in {TARGET}")


if __name__ == "__main__":
    main()

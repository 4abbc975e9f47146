"""Pictures of every page: `python -m tools.screenshots [HOME] [--only PAGE,PAGE]` writes docs/screens/.

Without a home it makes the demonstration's, lets people act in it, and puts a playbook on trial. Needs Chromium (the variable CHROMIUM, or `chromium` on the path).
"""

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tools.acted import acted, trial
from tutorpulse.bench.served import Served, served
from tutorpulse.cli.demo import import_simulated, new_world, train
from tutorpulse.cli.demo_past import live_through, moments
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import open_alone
from tutorpulse.service.served import open_scorer
from tutorpulse.store.home import Home

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
    "alert": "/alerts/{alert}",
    "capacity": "/capacity",
    "retention": "/retention",
    "models": "/models",
    "data": "/data",
    "settings": "/settings?churning_burnout_above=50",
    "users": "/settings/users",
    "keys": "/settings/keys",
    "audit": "/settings/audit",
}
OUTSIDE = {"login": "/login"}
"""What is seen by whoever is not signed in."""
_QUALITY = 50
_HEIGHTS = {1440: 1400, 1024: 1300, 390: 1400}


def lived(path: Path) -> Home:
    """The demonstration's home, in which a playbook is on trial and people have acted."""
    with open_alone(path, create=True) as pulse:
        import_simulated(pulse, new_world(pulse, 300, 3000))
        trial(pulse.home)
        live_through(pulse, moments(pulse), lambda there, tell: train(there, print, tell), lambda *_: None)
        acted(pulse)
        refresh(pulse, open_scorer(pulse))
        return pulse.home


@contextmanager
def _contexts(playwright: Playwright, at: Served) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """One that may see everything, and one of nobody."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    yield (
        browser.new_context(extra_http_headers={"Authorization": f"Bearer {at.secret}"}),
        browser.new_context(),
    )
    browser.close()


def _neediest(context: BrowserContext, address: str, kind: str) -> str:
    order = "-burnout_risk" if kind == "tutor" else "-churn_risk_14d"
    found = context.request.get(f"{address}/v1/{kind}s?limit=1&status=active&sort={order}").json()
    return str(found["items"][0]["entity_id"])


def shoot(at: Served, target: Path, only: Collection[str] = ()) -> None:
    """Every page, or those named `only`, in every width and theme."""
    address = f"http://{at.host}:{at.port}"
    with sync_playwright() as playwright, _contexts(playwright, at) as (context, nobody):
        names = {kind: _neediest(context, address, kind) for kind in ("tutor", "student")}
        names["task"] = str(context.request.get(f"{address}/v1/tasks?limit=4").json()["items"][3]["task_id"])
        names["alert"] = context.request.get(f"{address}/v1/alerts?limit=1").json()["items"][0]["alert_id"]
        for pages, of in ((PAGES, context), (OUTSIDE, nobody)):
            paths = {
                name: address + path.format(**names)
                for name, path in pages.items()
                if not only or name in only
            }
            _shoot(of, paths, address, target)


def _shoot(context: BrowserContext, paths: dict[str, str], address: str, target: Path) -> None:
    page = context.new_page()
    for theme in THEMES:
        context.add_cookies([{"name": "theme", "value": theme, "url": address}])
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for name, path in paths.items():
                _shot(page, path, target / f"{name}-{width}-{theme}.webp")


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

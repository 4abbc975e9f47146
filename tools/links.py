"""Finds dead links in the docs: files and headings that Markdown links name but that do not exist."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make: lower case, spaces to hyphens, punctuation dropped."""
    titles = _HEADING.findall(_FENCE.sub("", text))
    return {
        re.sub(r"[^\w\- ]", "", title.replace("`", "")).strip().lower().replace(" ", "-") for title in titles
    }


def dead_links(page: Path) -> list[str]:
    """The targets in `page` that lead nowhere; addresses with a scheme are not followed."""
    return [
        target
        for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
        if _is_dead(page, target)
    ]


def _is_dead(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return False
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists():
        return True
    return bool(anchor) and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8"))


def main() -> int:
    """Print every dead link; 1 if there is any."""
    dead = [(page, target) for page in pages() for target in dead_links(page)]
    for page, target in dead:
        print(f"{page.relative_to(ROOT)}: dead link {target}")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())

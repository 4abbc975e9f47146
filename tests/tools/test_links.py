from pathlib import Path

import pytest

from tools import links


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "other.md").write_text("# A title, `coded`\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    "target", ["other.md", "other.md#a-title-coded", "#here", "https://example.org/x", "mailto:x"]
)
def test_a_link_that_leads_somewhere_is_not_reported(page: Path, target: str) -> None:
    page.write_text(f"# Here\n[x]({target})\n")
    assert links.dead_links(page) == []


@pytest.mark.parametrize("target", ["gone.md", "other.md#gone", "#gone", "pictures/none.svg"])
def test_a_link_that_leads_nowhere_is_reported(page: Path, target: str) -> None:
    page.write_text(f"# Here\n![x]({target})\n")
    assert links.dead_links(page) == [target]


def test_code_blocks_hold_no_links_and_no_headings(page: Path) -> None:
    page.write_text("```\n# not-a-title\n[x](gone.md)\n```\n[y](#not-a-title)\n")
    assert links.dead_links(page) == ["#not-a-title"]

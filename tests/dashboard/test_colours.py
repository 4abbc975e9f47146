"""Text can be read on every ground that it stands on, in both themes; the formula is WCAG 2.2's."""

import re
from itertools import product

import pytest

from tutorpulse.dashboard.assets import FOLDERS

CSS = (FOLDERS[0] / "app.css").read_text(encoding="utf-8")
SCRIPT = (FOLDERS[0] / "app.js").read_text(encoding="utf-8")
READABLE = 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _variables(selector: str) -> dict[str, str]:
    block = CSS.split(selector + " {")[1].split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


LIGHT = _variables(":root")
THEMES = {"light": LIGHT, "dark": LIGHT | _variables(':root[data-theme="dark"]')}


def test_the_formula_gives_the_known_extremes() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_every_ground(theme: str) -> None:
    colours = THEMES[theme]
    for text, ground in product(("ink", "muted"), ("ground", "surface", "hover")):
        assert _contrast(colours[text], colours[ground]) >= READABLE, (text, ground)
    assert _contrast(colours["ink"], colours["bad-ground"]) >= READABLE
    assert _contrast(colours["on-ink"], colours["ink"]) >= READABLE


def test_the_systems_choice_of_dark_gives_the_same_colours_as_ones_own() -> None:
    assert _variables(':root[data-theme="auto"]') == _variables(':root[data-theme="dark"]')


def test_every_text_in_a_chart_has_the_colours_of_text() -> None:
    """Labels, legends, axes and tooltips are inked by the script, never in colours of state, which would be too faint."""
    told = re.findall(r"(?:axisLabel|nameTextStyle|textStyle|label): \{[^{}]*color: (\w+)", SCRIPT)
    assert len(told) >= 6
    assert set(told) <= {"ink", "muted"}

"""A verb brings what it takes, and no more."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from typer.main import get_group

from tutorpulse.cli.loading import VERBS_OF, whole_app

VERBS = {verb for verbs in VERBS_OF.values() for verb in verbs}


def _modules(command: Any) -> Iterator[str]:
    """Where the functions of a command and of all under it are."""
    for below in getattr(command, "commands", {}).values():
        yield from _modules(below)
    if command.callback is not None:
        yield command.callback.__module__.rpartition(".")[2]


def _said(arguments: Sequence[str], then: str = "None") -> list[str]:
    """What the command says in a process of its own, and at its end the value of an expression."""
    code = (
        f"import sys; sys.argv = {['tutorpulse', *arguments]!r}\n"
        "from tutorpulse.cli import main\n"
        "try: main()\n"
        f"finally: print({then})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return ran.stdout.splitlines()


def test_every_verb_is_named_with_the_modules_that_its_functions_are_in() -> None:
    found = {verb: set(_modules(one)) for verb, one in get_group(whole_app()).commands.items()}

    assert found == {verb: {module for module, of in VERBS_OF.items() if verb in of} for verb in VERBS}


@pytest.mark.parametrize("asked", ["bench", "serve", "verify"])
def test_only_the_verb_that_is_asked_for_is_imported(asked: str) -> None:
    brings = "[verb for verb in ('bench', 'serve', 'verify') if 'tutorpulse.cli.' + verb in sys.modules]"
    said = _said([asked, "--help"], then=brings)

    assert any(line.split()[:3] == ["Usage:", "tutorpulse", asked] for line in said)
    assert said[-1] == str([asked])


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_help_lists_every_verb(arguments: list[str]) -> None:
    first = [line.strip("│ ").partition(" ")[0] for line in _said(arguments) if line.startswith("│")]

    assert set(first) >= VERBS


def test_a_verb_that_there_is_not_is_refused_with_the_nearest() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tutorpulse", "verfy"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 2
    assert "'verify'" in ran.stderr

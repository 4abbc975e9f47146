"""A verb brings what it takes, and no more."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
import typer

from tutorpulse.cli.loading import VERBS_OF, whole_app


def _modules(command: click.Command) -> Iterator[str]:
    """Where the functions of a command and of all under it are."""
    for below in getattr(command, "commands", {}).values():
        yield from _modules(below)
    if command.callback is not None:
        yield command.callback.__module__.rpartition(".")[2]


def test_every_verb_is_named_with_the_modules_that_its_functions_are_in() -> None:
    command = typer.main.get_command(whole_app())

    assert isinstance(command, click.Group) or hasattr(command, "commands")
    found = {verb: set(_modules(one)) for verb, one in command.commands.items()}
    verbs = {verb for verbs in VERBS_OF.values() for verb in verbs}
    assert found == {verb: {m for m, of in VERBS_OF.items() if verb in of} for verb in verbs}


@pytest.mark.parametrize(("asked", "brought"), [("serve", False), ("bench", True)])
def test_only_the_verb_that_is_asked_for_is_imported(asked: str, brought: bool) -> None:
    code = (
        f"import sys; sys.argv = ['tutorpulse', {asked!r}, '--help']\n"
        "from tutorpulse.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('bench' if 'tutorpulse.bench.catalog' in sys.modules else 'no bench')"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert f"tutorpulse {asked}" in said or "Usage" in said
    assert said.splitlines()[-1] == ("bench" if brought else "no bench")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_help_lists_every_verb(arguments: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tutorpulse", *arguments], capture_output=True, text=True, check=False
    ).stdout

    assert all(verb in said for verbs in VERBS_OF.values() for verb in verbs)

"""What the verbs print: results on standard output, progress and errors on standard error."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

DEFAULT_HOME = Path.home() / ".tutorpulse"

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="TUTORPULSE_HOME",
        help="The home folder: events, models, predictions.",
        show_default="~/.tutorpulse",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(result: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")


def print_line(text: str) -> None:
    """One line on standard output, as it is."""
    sys.stdout.write(text + "\n")


def flush() -> None:
    """Let whoever reads standard output have it now."""
    sys.stdout.flush()


def print_error(message: str) -> None:
    """One message on standard error."""
    err.print(f"[bold red]error:[/] {_escaped(message)}", soft_wrap=True)


def print_note(message: str) -> None:
    """One message on standard error that is no error."""
    err.print(_escaped(message), soft_wrap=True)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")

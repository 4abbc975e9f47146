"""The `tutorpulse` command: gathers the verbs, and turns our errors into a message and exit code 2."""

import sys

import typer

from tutorpulse import __version__
from tutorpulse.cli import console
from tutorpulse.errors import TutorpulseError

app = typer.Typer(
    name="tutorpulse",
    help="Watches a tutoring marketplace's events, predicts who is about to leave and why, and says what to do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        console.print_line(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options of the command as a whole."""


def run() -> None:
    """Run the command line; our own errors become one message on standard error and their exit code."""
    try:
        app()
    except TutorpulseError as error:
        console.print_error(str(error))
        sys.exit(error.exit_code)

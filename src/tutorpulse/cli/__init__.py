"""The command line: thin verbs, one file each, imported when they are asked for."""

from tutorpulse.cli.loading import main

__all__ = ["main"]

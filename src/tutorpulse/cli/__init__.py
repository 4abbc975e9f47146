"""The command line: thin verbs, one file each."""

from tutorpulse.cli.app import main

__all__ = ["main"]

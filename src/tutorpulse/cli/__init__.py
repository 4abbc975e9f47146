"""The command line: thin verbs, one file each."""

from tutorpulse.cli import simulate
from tutorpulse.cli.app import main

__all__ = ["main", "simulate"]

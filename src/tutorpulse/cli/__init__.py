"""The command line: thin verbs, one file each."""

from tutorpulse.cli import importing, rejects, simulate, train
from tutorpulse.cli.app import main

__all__ = ["importing", "main", "rejects", "simulate", "train"]

"""The command line: thin verbs, one file each."""

from tutorpulse.cli import (
    act,
    erase,
    importing,
    refresh,
    rejects,
    settings,
    show,
    simulate,
    summary,
    today,
    train,
)
from tutorpulse.cli.app import main

__all__ = [
    "act",
    "erase",
    "importing",
    "main",
    "refresh",
    "rejects",
    "settings",
    "show",
    "simulate",
    "summary",
    "today",
    "train",
]

"""The command line: thin verbs, one file each."""

from tutorpulse.cli import (
    act,
    bench,
    doctor,
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
    "bench",
    "doctor",
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

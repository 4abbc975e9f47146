"""The command line: thin verbs, one file each."""

from tutorpulse.cli import (
    act,
    bench,
    demo,
    doctor,
    erase,
    evaluate,
    features,
    importing,
    predictions,
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
    "demo",
    "doctor",
    "erase",
    "evaluate",
    "features",
    "importing",
    "main",
    "predictions",
    "refresh",
    "rejects",
    "settings",
    "show",
    "simulate",
    "summary",
    "today",
    "train",
]

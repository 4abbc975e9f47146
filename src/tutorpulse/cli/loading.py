"""Which file has which verbs. Only what is asked for is imported: all of it takes a second, which a service that comes back has not got."""

import sys
from importlib import import_module

import typer

from tutorpulse.cli.app import app, run

VERBS_OF = {
    "act": ("act",),
    "alerts": ("alerts",),
    "alerts_told": ("alerts",),
    "audit": ("audit",),
    "aws": ("aws",),
    "backtest": ("backtest",),
    "backup": ("backup", "restore"),
    "bench": ("bench",),
    "compact": ("compact",),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "erase": ("erase",),
    "evaluate": ("evaluate",),
    "features": ("features",),
    "importing": ("import",),
    "keys": ("keys",),
    "model": ("model",),
    "models": ("models",),
    "operators": ("overrides", "states", "feedback", "reviews"),
    "playbooks": ("playbooks",),
    "predictions": ("predictions",),
    "refresh": ("refresh",),
    "rejects": ("rejects",),
    "serve": ("serve",),
    "settings": ("settings",),
    "show": ("show",),
    "simulate": ("simulate",),
    "summary": ("summary",),
    "tasks": ("tasks",),
    "today": ("today",),
    "track_record": ("track-record",),
    "train": ("train",),
    "upkeep": ("upkeep",),
    "users": ("users",),
    "verify": ("verify",),
}
"""By module, what it adds to the command."""


def load(verb: str | None) -> None:
    """Import what a verb takes; all, where there is no such verb, for the help lists them and a message names the nearest."""
    modules = [module for module, verbs in VERBS_OF.items() if verb in verbs]
    for module in modules or VERBS_OF:
        import_module(f"tutorpulse.cli.{module}")


def whole_app() -> typer.Typer:
    """The command with all its verbs."""
    load(None)
    return app


def main() -> None:
    """Run the verb that the command line asks for."""
    load(sys.argv[1] if len(sys.argv) > 1 else None)
    run()

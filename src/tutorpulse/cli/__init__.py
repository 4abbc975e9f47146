"""The command line: thin verbs, one file each, imported when they are asked for."""

import sys

from tutorpulse.api.running.allocator import begin_with_mimalloc

SERVING = ("serve", "demo")
"""Verbs that become a service."""


def main() -> None:
    """Run the verb that the command line asks for."""
    if sys.argv[1:2] and sys.argv[1] in SERVING:
        begin_with_mimalloc(sys.argv[1:])
    # After that, for what was imported before would be imported twice.
    from tutorpulse.cli import loading

    loading.main()

"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of `flagstaff`."""
    from sync_engine.cli.boundary import run

    sys.exit(run(sys.argv[1:]))

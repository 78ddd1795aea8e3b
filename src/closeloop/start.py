"""Where the program begins: Ctrl-C ends it quietly, also while its parts are still being loaded."""

from __future__ import annotations

import sys
from importlib import import_module

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    try:
        # By name, since loading takes longest: an import above would be before the `try`.
        import_module("closeloop.app").main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

"""The day of F5 at its full size, on both databases: `python -m bench.flood [CHANGES]` (50,000, and 1,000 calls).

It is the test that CI runs with a fiftieth of that, so every assertion of it holds here too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TEST = ["tests/faults/test_never_a_flood.py", "-k", "test_of_a_days_calls"]

if __name__ == "__main__":
    changes = sys.argv[1] if len(sys.argv) > 1 else "50000"
    command = [sys.executable, "-m", "pytest", *TEST, "-q", "-s", "--durations=0", "-p", "no:cacheprovider"]
    command += ["-o", "faulthandler_timeout=0"]
    environment = {**os.environ, "CLOSELOOP_TEST_CHANGES": changes}
    sys.exit(subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode)

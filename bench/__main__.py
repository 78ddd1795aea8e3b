"""Every benchmark, as one table: `python -m bench`, with --json for one JSON object a line (as with JSON=1)."""

from __future__ import annotations

import os
import sys

from bench import door, road
from bench.figures import tell

tell([*door.measure(), *road.measure()], as_json="--json" in sys.argv or os.environ.get("JSON") == "1")

"""The door at 1, 10 and 100 events a request, against the same door without durability, under load from wrk.

`python -m bench.door` from the project's folder, with --json for one object a line. CLOSELOOP_DATABASE names another
database than SQLite, SECONDS the length of a round.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, fsyncs_a_second, interleaved, tell

HERE = Path(__file__).resolve().parent
SIZES = (1, 10, 100)
CONNECTIONS = 64
_TOLD = re.compile(r"REQUESTS (\d+) FAILED (\d+) MICROSECONDS (\d+)")


def measure(seconds: int = 3) -> list[Figure]:
    """Five rounds for each size, the two doors taking turns; `seconds` is the length of one load."""
    # In the project's folder, not in /tmp, which may be memory: what is measured is the disk.
    var = HERE.parent / "var"
    var.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=var) as folder:
        url = os.environ.get("CLOSELOOP_DATABASE", f"sqlite:///{folder}/door.db")
        figures = [Figure("fsync", 1, fsyncs_a_second(Path(folder)), "fsyncs/s")]
        with _server(url) as durable, _server("memory") as forgetful:
            for size in SIZES:
                rates = interleaved({
                    "durable": lambda size=size: _load(durable, size, seconds),
                    "memory": lambda size=size: _load(forgetful, size, seconds),
                })  # fmt: skip
                value, baseline = rates["durable"], rates["memory"]
                figures.append(Figure("door", size, value, "events/s", baseline, value / baseline))
    return figures


@contextlib.contextmanager
def _server(where: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, HERE / "door_server.py", where, str(port)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def _load(port: int, size: int, seconds: int) -> float:
    """Events a second that were acknowledged."""
    run = f"{time.monotonic_ns():x}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "door.lua")]
    command += [f"http://127.0.0.1:{port}", "--", str(size), run]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = _TOLD.search(told)
    if found is None or found[2] != "0":
        raise SystemExit(f"the door did not answer every request:\n{told}")
    return int(found[1]) * size / (int(found[3]) / 1_000_000)


if __name__ == "__main__":
    tell(measure(int(os.environ.get("SECONDS", "3"))), as_json="--json" in sys.argv)

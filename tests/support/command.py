"""`closeloop` as a program of its own: run to its end, or running until the test ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

COMMAND = (sys.executable, "-c", "from closeloop.start import main; main()")
PROCESSES = Path(__file__).resolve().parent.parent.parent / "processes"
B2B = str(PROCESSES / "b2b.yaml")


def closeloop(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip


class Running:
    """A command that runs until it is told to stop.

    Attributes:
        lines: what it has said, up to and with the line that begins with `until`.
    """

    def __init__(self, *arguments: str, cwd: Path, until: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=cwd, env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.lines: list[str] = []
        watch = threading.Timer(120, self._process.kill)
        watch.start()
        for line in self._process.stdout or ():
            self.lines.append(line.rstrip("\n"))
            if line.startswith(until):
                break
        watch.cancel()
        if not self.lines or not self.lines[-1].startswith(until):
            self.lines += self._end()
            raise AssertionError(f"it ended with {self._process.returncode} and said: {self.lines}")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self._process.send_signal(by)
        rest, _ = self._process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> list[str]:
        self._process.kill()
        rest, _ = self._process.communicate()
        return rest.splitlines()

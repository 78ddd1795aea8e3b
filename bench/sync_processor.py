"""Seconds of the processor that a run cost: this process, and the server's processes where there is a server."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import text

from closeloop.db import Database

_TICKS = os.sysconf("SC_CLK_TCK")


class Processor:
    """A clock of processor seconds.

    Args:
        database: on a PostgreSQL server of this machine, which counts as well; None leaves servers out.
    """

    def __init__(self, database: Database | None) -> None:
        self._server = 0
        if database is not None:
            with database.read() as connection:
                backend = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            self._server = int(_stat(backend)[1])

    def seconds(self) -> float:
        """Of this process, the server and all its processes, those that ended included."""
        spent = time.process_time()
        if self._server:
            # Of the server itself also the third and fourth: what children that ended had spent.
            spent += sum(map(int, _stat(self._server)[11:15])) / _TICKS
            for path in Path("/proc").glob("[0-9]*"):
                fields = _stat(int(path.name))
                if fields and int(fields[1]) == self._server:
                    spent += sum(map(int, fields[11:13])) / _TICKS
        return spent


def _stat(process: int) -> list[str]:
    """The fields of /proc/<process>/stat from the state on; none when it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

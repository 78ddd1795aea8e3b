"""Jobs of the simulated bulk API: ten in the queue, two worked on at a time, each for as long as jobs take."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from closeloop.ports import Clock

_MOST, _AT_ONCE = 10, 2


@dataclass(slots=True)
class Job:
    """One export or import.

    Attributes:
        asked: the vendor's request.
        made: the work was done, and what came of it stands in the rest.
    """

    id: str
    kind: str
    asked: dict[str, Any]
    made_at: datetime
    queued_at: datetime | None = None
    status: str = "Created"
    made: bool = False
    content: bytes = b""
    n_records: int = 0
    failures: list[list[str]] = field(default_factory=list)


class Jobs:
    """All jobs of one queue. `takes` is how long one is worked on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._n = 0
        self.takes = timedelta(0)

    def add(self, kind: str, asked: dict[str, Any], id_format: str) -> Job:
        """A new job, not in the queue yet."""
        self._n += 1
        job = Job(id_format.format(self._n), kind, asked, self._clock.now())
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job | None:
        """This job, its status as of now."""
        self._work()
        return self._jobs.get(job_id)

    def enqueue(self, job: Job) -> bool:
        """Put a job into the queue. False when it is full."""
        self._work()
        if len([one for one in self._jobs.values() if one.status in ("Queued", "Processing")]) >= _MOST:
            return False
        job.status, job.queued_at = "Queued", self._clock.now()
        self._work()
        return True

    def forget(self) -> None:
        """The vendor throws all jobs and their files away."""
        self._jobs.clear()

    def _work(self) -> None:
        now = self._clock.now()
        ends: list[datetime] = []
        for job in self._jobs.values():
            if job.queued_at is None or job.status in ("Canceled", "Failed"):
                continue
            free = ends[-_AT_ONCE] if len(ends) >= _AT_ONCE else job.queued_at
            begin = max(job.queued_at, free)
            ends.append(begin + self.takes)
            job.status = "Completed" if ends[-1] <= now else "Processing" if begin <= now else "Queued"


def to_csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """A file as the vendor writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue().encode()

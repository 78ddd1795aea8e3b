"""The simulated bulk import: a CSV file of at most 10 MB as one job, with the failed rows as a file of their own."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.marketo.simulator.envelope import Refuse, success
from closeloop.connectors.marketo.simulator.fields import FIELDS
from closeloop.connectors.marketo.simulator.instance import Instance, Row
from closeloop.connectors.marketo.simulator.jobs import Job, Jobs, to_csv
from closeloop.ports import Clock

MOST_FILE_BYTES = 10_000_000
_STATUSES = {"Completed": "Complete", "Processing": "Importing"}


class ImportApi:
    """Import jobs of leads over HTTP.

    Attributes:
        jobs: to say how long they take.
        warn_of: rows with this value are imported with a warning.
    """

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self._instance = instance
        self.jobs = Jobs(clock)
        self.warn_of = ""

    def routes(self) -> list[Route]:
        """The paths, under `/bulk/v1`."""
        batch = "/leads/batch/{batch_id:int}"
        return [
            Route("/leads.json", self._import, methods=["POST"]),
            Route(f"{batch}.json", self._status, methods=["GET"]),
            Route(f"{batch}/failures.json", self._failures, methods=["GET"]),
            Route(f"{batch}/warnings.json", self._warnings, methods=["GET"]),
        ]

    async def _import(self, request: Request) -> Response:
        lookup = request.query_params.get("lookupField", "email")
        content = _file(request.headers.get("Content-Type", ""), await request.body())
        if request.query_params.get("format") != "csv" or not content:
            raise Refuse("1003", "Invalid format, or no file")
        header, *lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
        unknown = next((name for name in (*header, lookup) if name not in FIELDS), None)
        if unknown is not None or lookup not in header:
            raise Refuse("1006", f"Field '{unknown or lookup}' not found")
        job = self.jobs.add("leads", {"lookup": lookup, "header": header, "lines": lines}, "{}")
        if not self.jobs.enqueue(job):
            raise Refuse("1016", "Too many imports")
        return success([{**_told(job, 0), "status": "Queued"}])

    async def _status(self, request: Request) -> Response:
        job = self._job(request)
        return success([_told(job, len(self._warned(job)))])

    async def _failures(self, request: Request) -> Response:
        job = self._job(request)
        header = [*job.asked["header"], "Import Failure Reason"]
        return Response(to_csv(header, job.failures), media_type="text/csv")

    async def _warnings(self, request: Request) -> Response:
        job = self._job(request)
        lines = [[*line, f"Unusual value '{self.warn_of}'"] for line in self._warned(job)]
        return Response(to_csv([*job.asked["header"], "Import Warning Reason"], lines), media_type="text/csv")

    def _warned(self, job: Job) -> list[list[str]]:
        return [line for line in job.asked["lines"] if self.warn_of and self.warn_of in line]

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(str(request.path_params["batch_id"]))
        if job is None:
            raise Refuse("1013", f"Batch {request.path_params['batch_id']} not found")
        if job.status == "Completed" and not job.made:
            self._make(job)
        return job

    def _make(self, job: Job) -> None:
        job.made = True
        rows: list[Row] = [
            {name: value or None for name, value in zip(job.asked["header"], line, strict=True)}
            for line in job.asked["lines"]
        ]
        with self._instance.lock:
            results = self._instance.sync("createOrUpdate", job.asked["lookup"], rows)
        for line, (status, _, trouble) in zip(job.asked["lines"], results, strict=True):
            if status == "skipped" and trouble is not None:
                job.failures.append([*line, trouble[1]])
            else:
                job.n_records += 1


def _told(job: Job, n_warnings: int) -> dict[str, object]:
    status = _STATUSES.get(job.status, job.status)
    said = f"Import {status.lower()}, {job.n_records} records imported, {len(job.failures)} failed"
    return {
        "batchId": int(job.id),
        "importId": job.id,
        "status": status,
        "numOfLeadsProcessed": job.n_records,
        "numOfRowsFailed": len(job.failures),
        "numOfRowsWithWarning": n_warnings,
        "message": said,
    }


def _file(content_type: str, body: bytes) -> bytes:
    """The file part of a multipart body."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary) if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    return b""

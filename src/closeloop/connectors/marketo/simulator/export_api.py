"""The simulated bulk extract: jobs over at most 31 days, a daily quota, CSV files read whole or by range."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.marketo.simulator.envelope import Refuse, success
from closeloop.connectors.marketo.simulator.fields import FIELDS
from closeloop.connectors.marketo.simulator.instance import Instance
from closeloop.connectors.marketo.simulator.jobs import Job, Jobs, to_csv
from closeloop.connectors.marketo.simulator.log import Entry
from closeloop.ports import Clock, Value

_SPAN = timedelta(days=31)
_ACT_COLUMNS = (
    "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId",
    "primaryAttributeValue", "attributes",
)  # fmt: skip


class ExportApi:
    """Export jobs of leads and activities over HTTP.

    Attributes:
        jobs: to say how long they take, or to forget them.
        quota_bytes: of files a day.
        fail_next: how many of the next exports fail.
    """

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self._instance, self._clock = instance, clock
        self._exported: tuple[date, int] = (clock.now().date(), 0)
        self.jobs = Jobs(clock)
        self.quota_bytes = 500_000_000
        self.fail_next = 0

    def routes(self) -> list[Route]:
        """The paths, under `/bulk/v1`."""
        job = "/{kind}/export/{job_id}"
        return [
            Route("/{kind}/export/create.json", self._create, methods=["POST"]),
            Route(f"{job}/enqueue.json", self._enqueue, methods=["POST"]),
            Route(f"{job}/status.json", self._status, methods=["GET"]),
            Route(f"{job}/file.json", self._file, methods=["GET"]),
        ]

    async def _create(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in ("leads", "activities"):
            raise Refuse("610")
        asked = await request.json()
        _span(asked)
        fields = asked.get("fields") or ()
        unknown = next((name for name in fields if kind == "leads" and name not in FIELDS), None)
        if unknown is not None:
            raise Refuse("1006", f"Field '{unknown}' not found")
        if kind == "leads" and not fields:
            raise Refuse("1002", "Missing value for required parameter 'fields'")
        return success([_told(self.jobs.add(kind, asked, "{:08x}-0000-4000-8000-000000000000"))])

    async def _enqueue(self, request: Request) -> Response:
        job = self._job(request)
        if job.status != "Created":
            raise Refuse("1003", f"Export job {job.id} is {job.status}")
        day, n_bytes = self._exported
        if day == self._clock.now().date() and n_bytes >= self.quota_bytes:
            raise Refuse("1029", f"Export daily quota {self.quota_bytes // 1_000_000}MB exceeded")
        if not self.jobs.enqueue(job):
            raise Refuse("1029", "Too many jobs (10) in queue")
        return success([_told(job)])

    async def _status(self, request: Request) -> Response:
        return success([_told(self._job(request))])

    async def _file(self, request: Request) -> Response:
        job = self._job(request)
        if job.status != "Completed":
            raise Refuse("1003", f"Export job {job.id} is {job.status}")
        asked = request.headers.get("Range", "")
        if not asked.startswith("bytes="):
            return Response(job.content, media_type="text/csv")
        first, _, last = asked.removeprefix("bytes=").partition("-")
        content = job.content[int(first) : int(last) + 1]
        span = {"Content-Range": f"bytes {first}-{int(first) + len(content) - 1}/{len(job.content)}"}
        return Response(content, 206, span, "text/csv")

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["job_id"])
        if job is None or job.kind != request.path_params["kind"]:
            raise Refuse("1013", f"Export job {request.path_params['job_id']} not found")
        if job.status == "Completed" and not job.made:
            self._make(job)
        return job

    def _make(self, job: Job) -> None:
        job.made = True
        if self.fail_next > 0:
            self.fail_next -= 1
            job.status = "Failed"
            return
        begin, end = _span(job.asked)
        with self._instance.lock:
            if job.kind == "leads":
                header = list(job.asked["fields"])
                rows = [row for row in self._instance.seen() if begin <= _moment(row["createdAt"]) <= end]
                lines = [[_text(row[name]) for name in header] for row in rows]
            else:
                header, types = list(_ACT_COLUMNS), set(job.asked["filter"].get("activityTypeIds", ()))
                entries = self._instance.log.between(begin, end)
                lines = [_act(entry) for entry in entries if not types or entry.type_id in types]
        job.content, job.n_records = to_csv(header, lines), len(lines)
        today = self._clock.now().date()
        day, n_bytes = self._exported
        self._exported = today, len(job.content) + (n_bytes if day == today else 0)


def _span(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    span = asked.get("filter", {}).get("createdAt")
    if span is None:
        raise Refuse("1003", "filter must name createdAt")
    begin, end = datetime.fromisoformat(span["startAt"]), datetime.fromisoformat(span["endAt"])
    if end < begin or end - begin > _SPAN:
        raise Refuse("1003", "createdAt must span at most 31 days")
    return begin, end


def _told(job: Job) -> dict[str, object]:
    told: dict[str, object] = {
        "exportId": job.id,
        "status": job.status,
        "format": "CSV",
        "createdAt": _stamp(job.made_at),
    }
    if job.queued_at:
        told["queuedAt"] = _stamp(job.queued_at)
    if job.status == "Failed":
        told["errorMsg"] = "Internal error"
    if job.status == "Completed":
        told |= {"numberOfRecords": job.n_records, "fileSize": len(job.content)}
        told["fileChecksum"] = f"sha256:{hashlib.sha256(job.content).hexdigest()}"
    return told


def _act(entry: Entry) -> list[str]:
    attributes = json.dumps(dict(entry.attributes))
    head = [f"{entry.id:032x}", str(entry.lead_id), _stamp(entry.at), str(entry.type_id), "null"]
    return [*head, _text(entry.primary_id), _text(entry.primary), attributes]


def _text(value: Value) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _moment(value: Value) -> datetime:
    return datetime.fromisoformat(str(value))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

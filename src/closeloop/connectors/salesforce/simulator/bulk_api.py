"""The vendor's Bulk API 2.0: jobs that take a table of records or give one, and are done some polls later."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeloop.connectors.salesforce.simulator.fields import Refused, Sobject, number, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id, make_id
from closeloop.connectors.salesforce.simulator.org import KEY, Org
from closeloop.connectors.salesforce.simulator.soql import read
from closeloop.ports import Value

_BLANK = "#N/A"
Results = Literal["successfulResults", "failedResults", "unprocessedrecords"]
Cells = Mapping[str, str]


@dataclass(slots=True)
class Job:
    """One job; `waits` is how many more looks it takes until it shows the state `ends`."""

    id: str
    said: Mapping[str, Any]
    state: str = "Open"
    ends: str = "JobComplete"
    waits: int = 0
    table: str = ""
    error: str = ""
    results: dict[str, list[Cells]] = field(default_factory=dict)
    found: list[list[str]] = field(default_factory=list)


class BulkApi:
    """The resources of jobs.

    Attributes:
        polls: looks that a job takes until it is done.
        quota_reached: no ingest job is opened any more today.
        stops_after: rows after which the vendor ends an ingest job, since its limits are reached; None: it goes on.
        jobs: all there were, by id.
    """

    def __init__(self, org: Org) -> None:
        self._org, self._numbers = org, count(1)
        self.polls = 2
        self.quota_reached = False
        self.stops_after: int | None = None
        self.jobs: dict[str, Job] = {}

    def open_ingest(self, request: Request, body: object) -> Response:  # all endpoints are called alike
        said = _said(body)
        if self.quota_reached:
            raise refuse("EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
        if said.get("object") not in self._org.schema.objects:
            raise refuse("INVALIDENTITY", f"entity is not found: {said.get('object')}")
        if said.get("operation") == "upsert" and said.get("externalIdFieldName") != KEY:
            raise refuse("INVALIDFIELD", "an upsert needs the name of an external id field")
        return self._shown(self._opened(said))

    def upload(self, request: Request, body: object) -> Response:
        job = self._job(request)
        if job.state != "Open" or not isinstance(body, str):
            raise refuse("INVALIDJOBSTATE", f"cannot upload to a job that is {job.state}")
        job.table = body
        return Response(status_code=201)

    def ingest(self, request: Request, body: object) -> Response:
        job = self._job(request)
        if request.method == "GET":
            return self._shown(job)
        wanted = _said(body).get("state")
        if job.state != "Open":
            raise refuse("INVALIDJOBSTATE", f"Job is {job.state}, and cannot become {wanted}")
        job.state = str(wanted)
        if wanted == "UploadComplete":
            self._write_all(job)
        return self._shown(job, looked=False)

    def ingest_results(self, request: Request, body: object) -> Response:
        job = self._job(request)
        rows = job.results.get(request.path_params["results"], [])
        return _table(list(rows[0]) if rows else [], [list(row.values()) for row in rows])

    def open_query(self, request: Request, body: object) -> Response:
        said = _said(body)
        query = read(str(said.get("query", "")), self._org.schema.objects)
        job = self._opened({**said, "object": query.sobject.name})
        job.state, job.waits = "UploadComplete", self.polls
        rows = query.run(self._org.seen(query.sobject.name, deleted=said.get("operation") == "queryAll"))
        job.found = [list(query.fields), *([_cell(row.get(name)) for name in query.fields] for row in rows)]
        return self._shown(job, looked=False)

    def query(self, request: Request, body: object) -> Response:
        return self._shown(self._job(request))

    def query_results(self, request: Request, body: object) -> Response:
        job = self._job(request)
        begin, most = int(request.query_params.get("locator", "0")), int(request.query_params["maxRecords"])
        rows = job.found[1:][begin : begin + most]
        answer = _table(job.found[0], rows)
        following = begin + most
        answer.headers["Sforce-Locator"] = str(following) if following < len(job.found) - 1 else "null"
        answer.headers["Sforce-NumberOfRecords"] = str(len(rows))
        return answer

    def _opened(self, said: Mapping[str, Any]) -> Job:
        job = Job(make_id("750", next(self._numbers)), said)
        self.jobs[job.id] = job
        return job

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["job"])
        if job is None:
            raise refuse("NOT_FOUND", "The requested resource does not exist")
        return job

    def _shown(self, job: Job, *, looked: bool = True) -> Response:
        if looked and job.state in ("UploadComplete", "InProgress"):
            job.state = "InProgress" if job.waits > 0 else job.ends
            job.waits -= 1
        shown = {"id": job.id, "state": job.state, **job.said}
        return JSONResponse({**shown, "errorMessage": job.error} if job.error and job.state == job.ends else shown)

    def _write_all(self, job: Job) -> None:
        sobject = self._org.schema.objects[job.said["object"]]
        job.waits = self.polls
        rows = list(csv.DictReader(io.StringIO(job.table, newline="")))
        unknown = [name for name in (rows[0] if rows else ()) if name not in sobject.fields]
        if unknown:
            job.ends, job.error = "Failed", f"InvalidBatch : Field name not found : {unknown[0]}"
            return
        ended: dict[Results, list[Cells]] = {"successfulResults": [], "failedResults": [], "unprocessedrecords": []}
        for place, row in enumerate(rows):
            if self.stops_after is not None and place >= self.stops_after:
                job.ends, job.error = "Aborted", "ApiLimitExceeded : the daily limit of records is reached"
                ended["unprocessedrecords"].append(row)
                continue
            try:
                record_id, created = self._write(job, sobject, row)
                ended["successfulResults"].append({"sf__Id": record_id, "sf__Created": _cell(created), **row})
            except Refused as refused:
                ended["failedResults"].append({"sf__Id": "", "sf__Error": _error(refused), **row})
        job.results = dict(ended.items())

    def _write(self, job: Job, sobject: Sobject, row: Cells) -> tuple[str, bool]:
        said = {name: _typed(sobject, name, cell) for name, cell in row.items() if cell != ""}
        if job.said["operation"] == "upsert":
            return self._org.upsert(sobject.name, str(said.pop(KEY)), said, by=self._org.me)
        if job.said["operation"] == "insert":
            return self._org.insert(sobject.name, said, by=self._org.me), True
        record_id = full_id(str(said.pop("Id")))
        self._org.update(sobject.name, record_id, said, by=self._org.me)
        return record_id, False


def _said(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise refuse("JSON_PARSER_ERROR", "a job is an object")
    return body


def _typed(sobject: Sobject, name: str, cell: str) -> Value:
    if cell == _BLANK:
        return None
    match sobject.fields[name].type:
        case "boolean":
            return cell == "true"
        case "int" | "double" | "currency":
            return number(cell)
        case _:
            return cell


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.endswith("+0000"):
        return value.removesuffix("+0000") + "Z"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(refused: Refused) -> str:
    error = refused.errors[0]
    return f"{error.code}:{error.message}:{', '.join(error.fields)} --"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if names:
        writer.writerow(names)
        writer.writerows(rows)
    return Response(text.getvalue(), media_type="text/csv")

"""Jobs of Salesforce's Bulk API 2.0: begun, waited for, and read. A job that takes too long, or fails, is an error."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from closeloop.connectors.salesforce.client import Body, Client, Row
from closeloop.connectors.salesforce.csv_rows import from_csv, to_csv
from closeloop.connectors.salesforce.judging import Unreached
from closeloop.words.errors import EndError, Permanent, Transient

_OVER = ("JobComplete", "Failed", "Aborted")
_WAITS = 1.5  # each wait is so much longer than the one before, up to ten times the first


@dataclass(frozen=True, slots=True)
class Patience:
    """How a job is waited for: seconds before the second look, and seconds until it counts as lost."""

    poll: float
    most: float


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a job that wrote records ended with.

    Attributes:
        done: rows of the table that were written, with `sf__Id` and `sf__Created`.
        failed: rows that were refused, with `sf__Error`.
        why: what Salesforce says of rows that are in neither.
    """

    done: Sequence[Mapping[str, str]]
    failed: Sequence[Mapping[str, str]]
    why: str


class IngestJobs:
    """Jobs that write."""

    def __init__(self, client: Client, patience: Patience) -> None:
        self._client, self._patience = client, patience

    def run(self, object_name: str, operation: str, bodies: Sequence[Body], key: str | None) -> Ingested:
        """Write records and wait for what became of each; `key` is the external key of an upsert.

        Raises:
            Transient: it cannot be told what was done; a job that was not yet begun is aborted.
            Permanent: the job is refused.
        """
        said = {"object": object_name, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
        path = "/jobs/ingest/" + self._open({**said, **({"externalIdFieldName": key} if key else {})})
        try:
            self._client.upload(path + "/batches", to_csv(bodies))
            self._close(path)
        except EndError:
            with suppress(EndError):
                self._client.ask("PATCH", path, {"state": "Aborted"})
            raise
        job = _waited_for(self._client, path, self._patience)
        done, _ = self._client.read_text(path + "/successfulResults/")
        failed, _ = self._client.read_text(path + "/failedResults/")
        why = str(job.get("errorMessage") or f"the job ended as {job['state']} before this row")
        return Ingested(list(from_csv(done)), list(from_csv(failed)), why)

    def _open(self, said: Mapping[str, str]) -> str:
        """A job without rows does nothing, so a lost answer is no harm: it is opened again."""
        try:
            return str(self._client.ask("POST", "/jobs/ingest", said)["id"])
        except Unreached:
            return str(self._client.ask("POST", "/jobs/ingest", said)["id"])

    def _close(self, path: str) -> None:
        """Begin the work. When the answer is lost, the job's own state says whether it has begun."""
        try:
            self._client.ask("PATCH", path, {"state": "UploadComplete"})
        except Unreached:
            if self._client.read(path)["state"] == "Open":
                self._client.ask("PATCH", path, {"state": "UploadComplete"})


class QueryJobs:
    """Jobs that read."""

    def __init__(self, client: Client, patience: Patience) -> None:
        self._client, self._patience = client, patience

    def run(self, query: str) -> str:
        """Carry out a query over living records and wait for it: the job's id. Raises Transient or Permanent."""
        path = "/jobs/query/"
        job_id = str(self._client.ask("POST", "/jobs/query", {"operation": "query", "query": query})["id"])
        job = _waited_for(self._client, path + job_id, self._patience)
        if job["state"] != "JobComplete":
            why = (
                f"salesforce ended query job {job_id} as {job['state']}: {job.get('errorMessage') or 'no reason given'}"
            )
            raise Permanent(why) if job["state"] == "Failed" else Transient(why)
        return job_id

    def results(self, job_id: str, locator: str | None, most: int) -> tuple[list[Row], str | None]:
        """A page of the results, all values as text, and where the next one begins; None when there is none."""
        at = {} if locator is None else {"locator": locator}
        text, headers = self._client.read_text(f"/jobs/query/{job_id}/results", maxRecords=str(most), **at)
        following = headers.get("Sforce-Locator", "null")
        return [dict(row) for row in from_csv(text)], None if following in ("null", "") else following


def _waited_for(client: Client, path: str, patience: Patience) -> Mapping[str, Any]:
    for pause in _pauses(patience):
        job: Mapping[str, Any] = client.read(path)
        if job["state"] in _OVER:
            return job
        time.sleep(pause)
    raise Transient(f"salesforce has not finished {path} within {patience.most:g} seconds; its job goes on there")


def _pauses(patience: Patience) -> Iterator[float]:
    pause, waited = patience.poll, 0.0
    while waited <= patience.most:
        yield pause
        waited += pause
        pause = min(pause * _WAITS, patience.poll * 10)

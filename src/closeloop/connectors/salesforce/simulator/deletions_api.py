"""The vendor's log of deletions: which records were deleted in a span of time, those that left the bin included."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeloop.connectors.salesforce.simulator.fields import refuse
from closeloop.connectors.salesforce.simulator.org import Org, vendor_moment
from closeloop.words.moment import parse

KEPT_DAYS = 3650


class DeletionsApi:
    """One resource.

    Attributes:
        kept: how far the log goes back. Demos jump over time, so it is longer than the vendor's 15 days.
        begins: nothing is known of deletions before, where the vendor cut its log.
        most: ids that it lists in one answer.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.kept = timedelta(days=KEPT_DAYS)
        self.begins: datetime | None = None
        self.most = 600_000

    def deleted(self, request: Request, body: object) -> Response:  # all endpoints are called alike
        """`start` and `end` to the minute; a span that begins before the log is refused."""
        name, now = request.path_params["object"], self._org.faults.clock.now()
        if name not in self._org.schema.objects:
            raise refuse("NOT_FOUND", "The requested resource does not exist")
        start, end = (_minute(request.query_params[each]) for each in ("start", "end"))
        earliest = max(now - self.kept - timedelta(minutes=1), self.begins or now - self.kept)
        if end - start < timedelta(minutes=1):
            raise refuse("INVALID_REPLICATION_DATE", "startDate must be before endDate by more than a minute")
        if start < earliest.replace(second=0, microsecond=0):
            raise refuse("INVALID_REPLICATION_DATE", f"startDate is before the earliest date available {earliest}")
        found = {each: at for each, at in self._org.deleted_at[name].items() if start <= at < end}
        if len(found) > self.most:
            raise refuse("EXCEEDED_ID_LIMIT", f"more than {self.most} ids; choose start and end closer together")
        return JSONResponse(
            {
                "deletedRecords": [{"id": each, "deletedDate": vendor_moment(at)} for each, at in found.items()],
                "earliestDateAvailable": vendor_moment(earliest.replace(second=0, microsecond=0)),
                "latestDateCovered": vendor_moment(min(end, now)),
            }
        )


def _minute(text: str) -> datetime:
    return parse(text).replace(second=0, microsecond=0)

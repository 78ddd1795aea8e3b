"""Bulk extract: everything of one kind that was made in a span of time, window by window, each as a file read in parts.

The vendor takes at most 31 days a job, makes the file in its own time, and keeps it for a week. `Place` says how far it
was read, so a reading that was broken off goes on where it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from closeloop.connectors.marketo import refusals
from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.shapes import Job
from closeloop.words.errors import Permanent, Transient

Kind = Literal["leads", "activities"]
TextRow = dict[str, str]

PART_BYTES = 1_000_000
"""Of a file, read in one call."""

_WINDOW, _SECOND = timedelta(days=31), timedelta(seconds=1)
_LOOKED_AT_EVERY = timedelta(minutes=1)
"""The vendor's own advice: a job's status is renewed once a minute."""
_MOST_FAILURES = 3
_JOB_GONE = refusals.LEAD_GONE | {refusals.BAD_VALUE, "610"}


@dataclass(frozen=True, slots=True)
class Place:
    """How far the reading is.

    Attributes:
        kind: what is read.
        first: the first second of all.
        since, until: first and last second that is still to be read; a window begins at `since`.
        job: the window's export job; "" before it is asked for.
        queued: the job was accepted into the vendor's queue.
        size: bytes of its file; -1 while it is not made.
        offset: bytes that were read of it.
        header: its first line.
        failures: how often the vendor failed to make it.
    """

    kind: Kind
    first: datetime
    since: datetime
    until: datetime
    job: str = ""
    queued: bool = False
    size: int = -1
    offset: int = 0
    header: str = ""
    failures: int = 0

    @property
    def end(self) -> datetime:
        """The window's last second."""
        return min(self.since + _WINDOW - _SECOND, self.until)


def next_rows(
    rest: Rest, place: Place, asked: Mapping[str, object], part_bytes: int = PART_BYTES
) -> tuple[list[TextRow], Place | None]:
    """The next rows, perhaps none, and the place after them; None when there is no more.

    Args:
        rest: the instance.
        place: where the last call ended, or began.
        asked: the job's `fields`, and its filter besides the time.
        part_bytes: how much is read at once.

    Raises:
        Transient: the file is not made yet, or the queue or the day's quota is used up.
        Permanent: the vendor failed to make the file several times.
    """
    known = bool(place.job)
    if not known:
        place = _ask(rest, place, asked)
    try:
        place = _advanced(rest, place)
        if place.size >= 0:
            return _read(rest, place, part_bytes)
    except Transient:
        # The job that was just asked for is to be known to the next call.
        if known:
            raise
    except refusals.Refused as refused:
        if not known or refused.code not in _JOB_GONE:
            raise
        # The file is kept for a week, the job for a month: what is asked for anew brings some rows twice.
        place = replace(place, job="", queued=False, size=-1, offset=0)
    if known and place.job:
        raise Transient(f"Marketo is still making the export of {place.kind}", _LOOKED_AT_EVERY)
    return [], place


def _advanced(rest: Rest, place: Place) -> Place:
    if not place.queued:
        place = _enqueue(rest, place)
    return _look(rest, place) if place.size < 0 else place


def _ask(rest: Rest, place: Place, asked: Mapping[str, object]) -> Place:
    span = {"startAt": _stamp(place.since), "endAt": _stamp(place.end)}
    narrowed = asked.get("filter")
    wanted = {**(narrowed if isinstance(narrowed, dict) else {}), "createdAt": span}
    body = {"format": "CSV", "filter": wanted, **({"fields": asked["fields"]} if asked.get("fields") else {})}
    [job] = rest.call("POST", f"/bulk/v1/{place.kind}/export/create.json", body=body).rows(Job)
    return replace(place, job=job.export_id, queued=False, size=-1, offset=0)


def _enqueue(rest: Rest, place: Place) -> Place:
    rest.call("POST", f"{_path(place)}/enqueue.json")
    return replace(place, queued=True)


def _look(rest: Rest, place: Place) -> Place:
    [job] = rest.get(f"{_path(place)}/status.json").rows(Job)
    if job.status == "Completed":
        return replace(place, size=(job.file_size or 0) if job.number_of_records else 0)
    if job.status not in ("Failed", "Canceled", "Cancelled"):
        return place
    if place.failures + 1 >= _MOST_FAILURES:
        raise Permanent(
            f"Marketo failed {_MOST_FAILURES} times to export the {place.kind} made between {_stamp(place.since)} and "
            f"{_stamp(place.end)}: {job.error_msg or job.status}; ask its support, or set since to a later day"
        )
    return replace(place, job="", queued=False, failures=place.failures + 1)


def _read(rest: Rest, place: Place, part_bytes: int) -> tuple[list[TextRow], Place | None]:
    rows: list[TextRow] = []
    if place.offset < place.size:
        content = _part(rest, place, part_bytes)
        text = content.decode()
        lines = csv.reader(io.StringIO(place.header + text, newline=""))
        header = next(lines)
        rows = [dict(zip(header, line, strict=False)) for line in lines if line]
        head = place.header or text[: _complete(content, first=True)]
        place = replace(place, offset=place.offset + len(content), header=head)
    if place.offset < place.size:
        return rows, place
    if place.end >= place.until:
        return rows, None
    return rows, Place(place.kind, place.first, place.end + _SECOND, place.until)


def _part(rest: Rest, place: Place, part_bytes: int) -> bytes:
    """A part of the file that ends with a whole row."""
    while True:
        last = min(place.offset + part_bytes, place.size)
        content = rest.file(f"{_path(place)}/file.json", place.offset, last)
        if last == place.size:
            if len(content) < last - place.offset:
                raise Transient(f"Marketo broke off the export of {place.kind}; read this part again")
            return content
        if whole := _complete(content):
            return content[:whole]
        part_bytes *= 2


def _complete(content: bytes, *, first: bool = False) -> int:
    """Where the last whole row ends (or the first); a line break between quotation marks ends none."""
    end = at = quotes = 0
    for line in content.splitlines(keepends=True):
        at += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0 and line.endswith(b"\n"):
            end = at
            if first:
                break
    return end


def _path(place: Place) -> str:
    return f"/bulk/v1/{place.kind}/export/{place.job}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_seconds(at: datetime) -> datetime:
    """The vendor's times have no parts of a second."""
    return at.replace(microsecond=0)

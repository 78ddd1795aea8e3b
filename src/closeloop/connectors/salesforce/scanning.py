"""Every living record of an object: a few thousand by query, page by page in order of id; more by a bulk query job."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from closeloop.connectors.salesforce.client import Client, Row, soql
from closeloop.connectors.salesforce.jobs import QueryJobs
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Pulled
from closeloop.words.errors import Permanent


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan stands: after the record `last`, or at `locator` of the results of `job`."""

    last: str | None = None
    job: str | None = None
    locator: str | None = None


class Scanner:
    """Lists all records.

    Args:
        client: asks.
        shapes: says what there is.
        reader: makes records of rows.
        jobs: carries out large queries.
        page_size: records of one page.
        bulk_from: an object with more records than this is read by a bulk job.
    """

    def __init__(
        self, client: Client, shapes: Shapes, reader: Reader, jobs: QueryJobs, *, page_size: int, bulk_from: int
    ) -> None:
        self._client, self._shapes, self._reader, self._jobs = client, shapes, reader, jobs
        self._page_size, self._bulk_from = page_size, bulk_from

    def objects(self) -> tuple[str, ...]:
        """Those that are read here, as far as the organisation has them."""
        return tuple(name for name in self._shapes.entities if self._shapes.has(name))

    def count(self, name: str) -> int:
        """How many living records there are."""
        self._must_be_read(name)
        return self._client.count(name)

    def scan(self, name: str, after: str | None) -> Pulled:
        """The next page."""
        self._must_be_read(name)
        place = Place() if after is None else _read(after)
        if after is None and self._client.count(name) > self._bulk_from:
            (rows, _) = self._reader.with_fields(name, lambda fields: ([{"job": self._begin(name, fields)}], True))
            place = Place(job=str(rows[0]["job"]))
        rows, place, more = self._by_job(place) if place.job else self._by_id(name, place)
        records = tuple(self._reader.to_records(name, rows))
        return Pulled(records, msgspec.json.encode(place).decode(), more)

    def _begin(self, name: str, fields: tuple[str, ...]) -> str:
        return self._jobs.run(soql(name, fields, ""))

    def _by_job(self, place: Place) -> tuple[list[Row], Place, bool]:
        try:
            rows, locator = self._jobs.results(str(place.job), place.locator, self._page_size)
        except BadCall as refused:
            if refused.status != 404:
                raise
            what = f"salesforce: the query job {place.job} is gone, which it keeps for 7 days"
            raise Permanent(f"{what}; scan from the beginning with None") from refused
        return rows, Place(job=place.job, locator=locator), locator is not None

    def _by_id(self, name: str, place: Place) -> tuple[list[Row], Place, bool]:
        where = f"WHERE Id > '{place.last}' " if place.last else ""
        rest = where + f"ORDER BY Id LIMIT {self._page_size}"
        rows, all_told = self._reader.with_fields(
            name, lambda fields: self._client.query_start(name, fields, rest, living=True)
        )
        more = not all_told or len(rows) == self._page_size
        return rows, Place(last=str(rows[-1]["Id"]) if rows else place.last), more

    def _must_be_read(self, name: str) -> None:
        if name not in self._shapes.entities:
            valid = ", ".join(self._shapes.entities)
            raise Permanent(
                f"salesforce: {name} is not read here; valid are {valid}; add others with the setting objects"
            )


def _read(text: str) -> Place:
    try:
        return msgspec.json.decode(text, type=Place)
    except msgspec.MsgspecError as error:
        what = f"salesforce: this place in a scan is not one of ours ({error}); scan from the beginning with None"
        raise Permanent(what) from None

"""Salesforce as a connector: the parts of this folder behind the protocol of `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from closeloop.connectors.salesforce.bulk import BULK_SIZE
from closeloop.connectors.salesforce.client import MOST_RECORDS, Client
from closeloop.connectors.salesforce.costs import Costs
from closeloop.connectors.salesforce.deletions import Deletions
from closeloop.connectors.salesforce.jobs import IngestJobs, Patience, QueryJobs
from closeloop.connectors.salesforce.merging import CAN_MERGE
from closeloop.connectors.salesforce.owners import owners
from closeloop.connectors.salesforce.pull import Puller
from closeloop.connectors.salesforce.push import Pusher
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.scanning import Scanner
from closeloop.connectors.salesforce.shapes import Shapes, added_objects
from closeloop.ports import Answer, Clock, Command, Connector, Limits, Owner, Pulled, Record, Ref, Shape
from closeloop.words.settings import number


class Salesforce:
    """One organisation of Salesforce. What each method does is said at `ports.Connector`.

    Args:
        settings: those of `Client`; `look_back_seconds` ("120") and `page_size` ("2000") of pulls and scans; `objects`,
            further objects to be read ("Order:record, Project__c:opportunity"); `deletions_every_seconds`
            ("3600"), how often the log of deletions is asked, and `deletions_kept_days` ("15"), how far it goes back;
            `bulk_from` ("2000"), beyond how many records a scan is a bulk job; `bulk_poll_seconds` ("2") and
            `bulk_wait_seconds` ("900"), how jobs are waited for.
        clock: dates the close date of a deal that is made without one.
    """

    system = "salesforce"
    person_objects: tuple[str, ...] = ("Contact", "Lead")
    can_merge = CAN_MERGE
    batch_size = MOST_RECORDS
    bulk_size = BULK_SIZE
    bulk_from = 0

    def __init__(self, settings: Mapping[str, str], clock: Clock) -> None:
        def seconds(name: str, default: float, *, nought: bool = False) -> timedelta:
            return timedelta(seconds=number("salesforce", settings, name, default, nought=nought))

        self.calls = 0
        self._client = Client(settings, clock, self._counted)
        self._shapes = Shapes(self._client, added_objects(settings.get("objects", "")))
        self._reader = Reader(self._client, self._shapes)
        page_size = int(number("salesforce", settings, "page_size", 2000))
        kept = timedelta(days=number("salesforce", settings, "deletions_kept_days", 15))
        every = max(seconds("deletions_every_seconds", 3600), timedelta(minutes=2))
        self._puller = Puller(
            self._client,
            self._shapes,
            self._reader,
            Deletions(self._client, self._shapes, self._reader, every=every, kept=kept),
            look_back=seconds("look_back_seconds", 120, nought=True),
            page_size=page_size,
        )
        patience = Patience(
            number("salesforce", settings, "bulk_poll_seconds", 2),
            number("salesforce", settings, "bulk_wait_seconds", 900),
        )
        bulk_from = int(number("salesforce", settings, "bulk_from", 2000, nought=True))
        jobs = QueryJobs(self._client, patience)
        self._scanner = Scanner(
            self._client, self._shapes, self._reader, jobs, page_size=page_size, bulk_from=bulk_from
        )
        self._pusher = Pusher(self._client, self._shapes, self._reader, IngestJobs(self._client, patience), clock)
        self._costs = Costs(self._shapes, lambda: self._pusher.converter.knows_status, clock)

    def cost(self, commands: Sequence[Command]) -> int:
        return self._costs.of(commands)

    def discover(self) -> Sequence[Shape]:
        return self._shapes.discover()

    def owners(self) -> Sequence[Owner]:
        return owners(self._client)

    def pull(self, cursor: str | None) -> Pulled:
        return self._puller.pull(cursor)

    def mark(self) -> str:
        return self._puller.mark()

    def objects(self) -> Sequence[str]:
        return self._scanner.objects()

    def count(self, object_name: str) -> int | None:
        return self._scanner.count(object_name)

    def scan(self, object_name: str, after: str | None) -> Pulled:
        return self._scanner.scan(object_name, after)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        return self._pusher.push(commands)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        return self._reader.by_key(object_name, our_keys)

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        return self._reader.fetch(refs)

    def limits(self) -> Limits:
        return self._client.limits()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:  # Salesforce has none here
        return False

    def close(self) -> None:
        self._client.close()

    def _counted(self) -> None:
        self.calls += 1


def connect(settings: Mapping[str, str], clock: Clock) -> Connector:
    """A connector to the organisation that `settings` names; nothing is asked of it before the first call."""
    return Salesforce(settings, clock)

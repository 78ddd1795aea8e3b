"""Salesforce as a connector: the parts of this folder behind the protocol of `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from closeloop.connectors.salesforce.client import MOST_RECORDS, Client
from closeloop.connectors.salesforce.merging import CAN_MERGE
from closeloop.connectors.salesforce.pull import Puller
from closeloop.connectors.salesforce.push import Pusher
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Answer, Clock, Command, Connector, Limits, Pulled, Record, Ref, Shape
from closeloop.words.settings import number


class Salesforce:
    """One organisation of Salesforce. What each method does is said at `ports.Connector`.

    Args:
        settings: those of `Client`, and `look_back_seconds` ("120") and `page_size` ("2000") of pulls.
        clock: dates the close date of a deal that is made without one.
    """

    system = "salesforce"
    person_objects: tuple[str, ...] = ("Contact", "Lead")
    can_merge = CAN_MERGE
    batch_size = MOST_RECORDS

    def __init__(self, settings: Mapping[str, str], clock: Clock) -> None:
        self._client = Client(settings)
        self._shapes = Shapes(self._client)
        self._reader = Reader(self._client, self._shapes)
        look_back = timedelta(seconds=number("salesforce", settings, "look_back_seconds", 120, nought=True))
        page_size = int(number("salesforce", settings, "page_size", 2000))
        self._puller = Puller(self._client, self._shapes, self._reader, look_back=look_back, page_size=page_size)
        self._pusher = Pusher(self._client, self._shapes, self._reader, clock)

    def discover(self) -> Sequence[Shape]:
        return self._shapes.discover()

    def pull(self, cursor: str | None) -> Pulled:
        return self._puller.pull(cursor)

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


def connect(settings: Mapping[str, str], clock: Clock) -> Connector:
    """A connector to the organisation that `settings` names; nothing is asked of it before the first call."""
    return Salesforce(settings, clock)

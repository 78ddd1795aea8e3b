"""Tryton as a connector: the parts of this folder behind the protocol of `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Grounds, listed
from closeloop.connectors.tryton.merging import CAN_MERGE
from closeloop.connectors.tryton.names import ENTITIES
from closeloop.connectors.tryton.pull import Puller
from closeloop.connectors.tryton.push import Pusher
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.shapes import discover
from closeloop.ports import Answer, Clock, Command, Connector, Limits, Owner, Pulled, Record, Ref, Shape
from closeloop.words.settings import number


class Tryton:
    """One company in one database of Tryton. What each method does is said at `ports.Connector`.

    Args:
        settings: those of `Client` and `Grounds`, further `opportunity_fields` (comma-separated), and of pulls
            `look_back_seconds` ("120") and `page_size` ("200").
        clock: stands in for a server that does not tell its time.
    """

    system = "tryton"
    person_objects: tuple[str, ...] = ("Contact", "Lead")
    can_merge = CAN_MERGE
    batch_size = 100
    bulk_size = 0
    bulk_from = 0

    def __init__(self, settings: Mapping[str, str], clock: Clock) -> None:
        self._extra = listed(settings, "opportunity_fields")
        self._client = Client(settings)
        self._grounds = Grounds(self._client, settings)
        self._reader = Reader(self._client, self._grounds, self._extra)
        look_back = timedelta(seconds=number("tryton", settings, "look_back_seconds", 120, nought=True))
        page_size = int(number("tryton", settings, "page_size", 200))
        self._puller = Puller(
            self._client, self._grounds, self._reader, look_back=look_back, page_size=page_size, clock=clock
        )
        self._pusher = Pusher(self._client, self._grounds, self._reader, self._extra)

    @property
    def calls(self) -> int:
        return self._client.calls

    @calls.setter
    def calls(self, calls: int) -> None:
        self._client.calls = calls

    def cost(self, commands: Sequence[Command]) -> int:
        return self._pusher.cost(commands)

    def discover(self) -> Sequence[Shape]:
        return discover(self._client, self._grounds, self._extra)

    def owners(self) -> Sequence[Owner]:
        return self._reader.employees()

    def pull(self, cursor: str | None) -> Pulled:
        return self._puller.pull(cursor)

    def mark(self) -> str:
        return self._puller.mark()

    def objects(self) -> Sequence[str]:
        return tuple(ENTITIES)

    def count(self, object_name: str) -> int | None:
        return self._puller.count(object_name)

    def scan(self, object_name: str, after: str | None) -> Pulled:
        return self._puller.scan(object_name, after)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        return self._pusher.push(commands)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        return self._reader.by_key(object_name, our_keys)

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        return self._reader.fetch(refs)

    def limits(self) -> Limits:  # Tryton sets none
        return Limits()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:  # Tryton has none
        return False

    def close(self) -> None:
        self._client.close()


def connect(settings: Mapping[str, str], clock: Clock) -> Connector:
    """A connector to the company that `settings` name; nothing is asked of it before the first call."""
    return Tryton(settings, clock)

"""Records that were deleted and have left the bin as well: no query finds them, Salesforce's log of deletions does.

What is still in the bin is read like any change. The log is asked once in a while, and goes back some 15 days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from closeloop.connectors.salesforce.client import Client
from closeloop.connectors.salesforce.cursor import Mark, literal, to_stamp
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Record, Ref
from closeloop.words.errors import Lost
from closeloop.words.moment import parse

_UNTOLD = {"INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT"}


class Deletions:
    """Asks for deletions `every` so often; the vendor wants a window of more than a minute.

    Args:
        client: asks.
        shapes: says what an object is to the hub.
        reader: looks what is still in the bin.
        every: how often.
        kept: how far the log goes back. A window that begins before is not answered in full, and not always refused.
    """

    def __init__(self, client: Client, shapes: Shapes, reader: Reader, *, every: timedelta, kept: timedelta) -> None:
        self._client, self._shapes, self._reader = client, shapes, reader
        self._every, self._kept = every, kept

    def told(self, name: str, mark: Mark) -> tuple[list[Record], Mark]:
        """The records of one object that are gone since `mark.gone`, and the mark after it.

        Raises:
            Lost: the log does not go back that far, or holds more than it lists.
        """
        until = mark.begun
        if until is None or mark.gone is None:
            return [], replace(mark, gone=mark.gone or until)
        past = parse(until) - parse(mark.gone)
        if past > self._kept:
            raise Lost(_lost(name, mark.gone, f"Salesforce's log of deletions goes back {self._kept.days} days"))
        if past < self._every:
            return [], mark
        try:
            path = f"/sobjects/{name}/deleted/"
            answer = self._client.read(path, start=literal(mark.gone), end=literal(until))
        except BadCall as refused:
            if any(error.code in _UNTOLD for error in refused.errors):
                raise Lost(_lost(name, mark.gone, str(refused))) from refused
            if refused.status in (400, 404):  # an object of which there is no log
                return [], replace(mark, gone=until)
            raise
        if parse(str(answer["earliestDateAvailable"])) > parse(mark.gone):
            raise Lost(_lost(name, mark.gone, f"its log begins at {answer['earliestDateAvailable']}"))
        deleted = {str(one["id"]): str(one["deletedDate"]) for one in answer["deletedRecords"]}
        in_the_bin = self._reader.fetch((Ref(name, each) for each in deleted), whole=False)
        entity = self._shapes.entities[name]
        gone = [
            Record(name, each, entity, parse(at), deleted=True)
            for each, at in deleted.items()
            if Ref(name, each) not in in_the_bin
        ]
        return gone, replace(mark, gone=to_stamp(parse(str(answer["latestDateCovered"]))))


def _lost(name: str, since: str, why: str) -> str:
    return f"salesforce can no longer tell which records of {name} were deleted since {since} ({why}): compare them all"

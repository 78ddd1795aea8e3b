"""One person at two systems within the test, each of which may put its own values back after every write of the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from closeloop.crew import pump
from closeloop.inbox.nouns import Click
from closeloop.measure.rejects import Rejects, rejects
from closeloop.ports import Answer, Command, Record, Ref, Value
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from support.counted_end import CountedEnd, Vendor
from support.road import Road, road_on
from support.sides.process import of_salesforce

JOE: Mapping[str, Mapping[str, Value]] = {
    "crm": {"Email": "joe@acme.example", "Name": "Joe Miller", "Phone": None, "Title": "Director"},
    "ma": {"email": "joe@acme.example", "name": "Joe Miller", "phone": None, "title": "Manager"},
}


def with_loops(text: str) -> Process:
    """A process that writes to both sides at all times, and says this of `loops`."""
    process = of_salesforce()
    file = next(each for each in process.files if each.endswith(".yaml"))
    return load_files({**process.files, file: process.files[file] + f"\nloops: {text}\n".encode()}, file)


class Side(CountedEnd):
    """A system that has Joe and nobody else."""

    def __init__(self, ref: Ref, fields: Mapping[str, Value]) -> None:
        super().__init__(Vendor())
        self.ref, self.fields = ref, dict(fields)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Joe holds what is written."""
        for command in commands:
            self.fields |= command.fields
        return super().push(commands)


@dataclass
class Quarrel:
    """A hub between both; a round takes five minutes."""

    road: Road
    sides: Mapping[str, Side]

    def edit(self, source: str, **fields: Value) -> None:
        """Somebody or something there changes Joe."""
        side = self.sides[source]
        side.fields |= fields
        self.road.clock.advance(timedelta(minutes=1))
        record = Record(side.ref.object, side.ref.id, "person", self.road.clock.now(), dict(side.fields))
        self.road.hub.heard(source, [record])

    def settle(self) -> Counter[str]:
        """Decide and send until nothing moves; the writes to each side."""
        before = {source: len(side.vendor.done) for source, side in self.sides.items()}
        pump(self.road.hub, self.sides, listen=False)
        self.road.clock.advance(timedelta(minutes=4))
        return +Counter({source: len(side.vendor.done) - before[source] for source, side in self.sides.items()})

    def round(self, **own: Mapping[str, Value]) -> Counter[str]:
        """Each side is read as we left it, then sets back what is not its own there; the writes that follow."""
        for source, theirs in own.items():
            if any(self.sides[source].fields[name] != value for name, value in theirs.items()):
                self.edit(source)
                self.edit(source, **theirs)
        return self.settle()

    def rounds(self, n: int, **own: Mapping[str, Value]) -> Counter[str]:
        """So many of them."""
        return sum((self.round(**own) for _ in range(n)), Counter[str]())

    def held(self) -> list[Rejects]:
        """What is held back."""
        with self.road.database.read() as connection:
            return [each for each in rejects(connection) if each.is_held_back]

    def retry(self, held: Rejects) -> None:
        """Somebody tries one of them again."""
        self.road.hub.click(Click("retry", held.example, "", "Ada"))


@contextmanager
def quarrel(url: str, process: Process | None = None) -> Iterator[Quarrel]:
    """Both sides have told of Joe, and the hub has made them agree once."""
    with road_on(url, process or of_salesforce()) as road:
        sides = {
            "crm": Side(Ref("Contact", "0035g0000000001AAA"), JOE["crm"]),
            "ma": Side(Ref("Lead", "7"), JOE["ma"]),
        }
        joe = Quarrel(road, sides)
        for source in sides:
            joe.edit(source)
        joe.settle()
        yield joe

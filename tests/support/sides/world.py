"""A hub between a CRM and a Marketo that spell values in ways of their own; the CRM is simulated, or a real Tryton."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from closeloop.connectors import marketo, salesforce, tryton
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.crew import pump
from closeloop.outbox.nouns import MAIL
from closeloop.ports import Clock, Connector, Ref, Value
from closeloop.process.nouns import Process
from closeloop.scenarios.vendors import marketo_for, salesforce_for
from closeloop.words.moment import ManualClock, SystemClock
from support.road import START, Road, road_on
from support.sides.process import of_salesforce, of_tryton
from support.tryton_server import TrytonServer

_numbers = count(1)


class Crm(ABC):
    """The CRM's side. Fields go by the names of the process: email, name, phone and one of its own.

    Attributes:
        names: our field → the vendor's.
        own: the fifth field that both sides hold, as the CRM and as Marketo call it.
    """

    process: Process
    connector: Connector
    names: ClassVar[Mapping[str, str]]
    own: tuple[str, str]

    @abstractmethod
    def contact(self, name: str, email: str, **fields: Value) -> Ref:
        """A seller enters a contact."""

    @abstractmethod
    def edit(self, ref: Ref, **fields: Value) -> None:
        """A seller edits a contact."""

    @abstractmethod
    def blank(self, ref: Ref, name: str) -> None:
        """A seller blanks a field of a contact."""

    @abstractmethod
    def count(self) -> int:
        """How many people and deals there are."""

    def held(self, ref: Ref) -> dict[str, Value]:
        """What it holds, under our names."""
        fields = self.connector.fetch([ref])[ref].fields
        return {name: fields.get(theirs) for name, theirs in self.names.items()}


class SalesforceSide(Crm):
    """Sellers of a simulated Salesforce."""

    names: ClassVar[Mapping[str, str]] = {"email": "Email", "name": "Name", "phone": "Phone", "title": "Title"}
    own = ("title", "title")

    def __init__(self, clock: Clock, simulator: Simulator, process: Process | None = None) -> None:
        self.process, self.vendor = process or of_salesforce(), simulator
        self.sato = next(iter(simulator.users.values()))
        self.connector = salesforce.connect(simulator.settings, clock)

    def contact(self, name: str, email: str, **fields: Value) -> Ref:
        first, _, last = name.rpartition(" ")
        said = {self.names[each]: value for each, value in fields.items()}
        return Ref(
            "Contact", self.vendor.create_contact(self.sato, FirstName=first, LastName=last, Email=email, **said)
        )

    def edit(self, ref: Ref, **fields: Value) -> None:
        said = {self.names[name]: value for name, value in fields.items()}
        if "Name" in said:
            said["FirstName"], _, said["LastName"] = str(said.pop("Name")).rpartition(" ")
        self.vendor.change(ref.id, said)

    def blank(self, ref: Ref, name: str) -> None:
        self.vendor.change(ref.id, {self.names[name]: None})

    def count(self) -> int:
        return sum(self.vendor.count(name) for name in ("Lead", "Contact", "Opportunity"))

    def spells(self) -> None:
        """From now on it keeps names in capitals and phones with brackets, as some organisations' rules do."""
        _rule(self.vendor, "insert", 1, _as_salesforce)
        _rule(self.vendor, "update", 2, _as_salesforce)


class TrytonSide(Crm):
    """Spells phones in its own way without being asked."""

    names: ClassVar[Mapping[str, str]] = {"email": "email", "name": "name", "phone": "phone", "homepage": "website"}
    own = ("homepage", "mealChoice")

    def __init__(self, server: TrytonServer) -> None:
        self.process, self.server = of_tryton(server.sato, server.mori), server
        self.connector = tryton.connect({**server.settings, "look_back_seconds": "2"}, SystemClock())
        [self._person] = server.call("model.party.category.search", [["name", "=", "Person"]], 0, None, None)

    def contact(self, name: str, email: str, **fields: Value) -> Ref:
        reached = {"email": email, **{self.names[each]: value for each, value in fields.items()}}
        mechanisms = [{"type": kind, "value": value} for kind, value in reached.items()]
        party = self.server.create(
            "party.party", name=name, categories=[["add", [self._person]]], contact_mechanisms=[["create", mechanisms]]
        )
        return Ref("Contact", str(party))

    def edit(self, ref: Ref, **fields: Value) -> None:
        for name, value in fields.items():
            if name == "name":
                self.server.write("party.party", int(ref.id), name=value)
                continue
            domain = [["party", "=", int(ref.id)], ["type", "=", self.names[name]]]
            there = self.server.call("model.party.contact_mechanism.search", domain, 0, 1, None)
            change: list[object] = ["write", there, {"value": value}]
            if not there:
                change = ["create", [{"type": self.names[name], "value": value}]]
            self.server.write("party.party", int(ref.id), contact_mechanisms=[change])

    def blank(self, ref: Ref, name: str) -> None:
        domain = [["party", "=", int(ref.id)], ["type", "=", self.names[name]]]
        there = self.server.call("model.party.contact_mechanism.search", domain, 0, None, None)
        self.server.write("party.party", int(ref.id), contact_mechanisms=[["delete", there]])

    def count(self) -> int:
        models = ("party.party", "sale.opportunity")
        return sum(int(self.server.call(f"model.{model}.search_count", [])) for model in models)


@dataclass
class Sides:
    """The hub, both sides, and what both clocks do."""

    road: Road
    crm: Crm
    ma: MarketoSimulator
    ends: dict[str, Connector]
    _told: dict[str, str] = field(default_factory=dict)

    def settle(self, at_most: int = 40) -> None:
        """Decide, deliver and listen until nothing moves."""
        pump(self.road.hub, self.ends, at_most=at_most)

    def cycle(self) -> dict[str, int]:
        """Five minutes pass and all is read again; the writes to each side."""
        before = self.writes()
        self.road.clock.advance(timedelta(minutes=5))
        self.settle()
        return {source: n - before.get(source, 0) for source, n in self.writes().items() if n > before.get(source, 0)}

    def writes(self) -> dict[str, int]:
        """How many commands were carried out at each side."""
        rows = self.road.rows(
            "SELECT source, COUNT(*) FROM commands WHERE verb IN ('create', 'update') GROUP BY source"
        )
        return {str(source): int(str(n)) for source, n in rows}

    def stuck(self) -> list[tuple[object, ...]]:
        """Messages that are not decided, and commands that are not done; mail goes out by a third system."""
        messages = self.road.rows("SELECT id, state, reason FROM messages WHERE state = 'failed'")
        waiting = "SELECT key, state, reason FROM commands WHERE state NOT IN ('done', 'dropped') AND source <> :mail"
        return messages + self.road.rows(waiting, mail=MAIL)

    def marketing_edit(self, lead: int, **fields: Any) -> None:
        """A marketer edits a lead; `own` is the field that both sides hold besides."""
        if "name" in fields:
            fields["firstName"], _, fields["lastName"] = str(fields.pop("name")).rpartition(" ")
        self.ma.update_lead(lead, **fields)

    def marketing_spells(self) -> None:
        """From now on Marketo keeps text in small letters and phones with two noughts."""
        _rule(self.ma.instance, "update", 1, _as_marketo)
        _rule(self.ma.instance, "create", 0, _as_marketo)


def _rule(vendor: object, method: str, place: int, spell: Callable[[str, Value], Value]) -> None:
    """A rule of the vendor's own: rows that the method is given at this place are spelled otherwise."""
    plain = getattr(vendor, method)

    def spelled(*args: Any, **more: Any) -> Any:
        row = {name: spell(name, value) for name, value in args[place].items()}
        return plain(*args[:place], row, *args[place + 1 :], **more)

    setattr(vendor, method, spelled)


def _as_salesforce(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if name in ("FirstName", "LastName", "Title"):
        return value.strip().upper()
    if name == "Phone" and value.startswith("+49"):
        digits = value.replace(" ", "")
        return f"+49 ({digits[3:5]}) {digits[5:]}"
    return value


def _as_marketo(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if name == "phone":
        return value.replace("+", "00", 1).replace(" ", "-").replace("(", "").replace(")", "")
    return value.strip().lower() if name in ("firstName", "lastName", "title", "mealChoice", "email") else value


@contextmanager
def salesforce_sides(
    url: str, skew: timedelta = timedelta(0), clock: ManualClock | None = None, process: Process | None = None
) -> Iterator[Sides]:
    """With a simulated Salesforce, whose clock goes wrong by `skew`, and perhaps another process."""
    clock = clock or ManualClock(START)
    with (
        salesforce_for(of_salesforce(), Skewed(clock, skew)) as vendor,
        _sides(url, SalesforceSide(clock, vendor, process), clock) as sides,
    ):
        yield sides


@contextmanager
def tryton_sides(
    url: str, server: TrytonServer, letting: Callable[[Process], Process] = lambda process: process
) -> Iterator[Sides]:
    """With a real Tryton; the hub hears of what happens there from now on. `letting` gives its process another form."""
    clock = ManualClock(SystemClock().now().replace(microsecond=0))
    crm = TrytonSide(server)
    crm.process = letting(crm.process)
    with _sides(url, crm, clock) as sides:
        sides.road.hub.reads_on("crm", crm.connector.mark())
        yield sides


@contextmanager
def _sides(url: str, crm: Crm, clock: ManualClock) -> Iterator[Sides]:
    with marketo_for(crm.process, clock) as ma, road_on(url, crm.process, clock) as road:
        ends = {"crm": crm.connector, "ma": marketo.connect(ma.settings, clock)}
        try:
            yield Sides(road, crm, ma, ends)
        finally:
            for end in ends.values():
                end.close()


class Restless(ManualClock):
    """A clock that goes on by a second whenever it is read, as if all took its time."""

    def now(self) -> datetime:
        """The moment, a second after the last one that was told."""
        self.advance(timedelta(seconds=1))
        return super().now()


class Skewed:
    """A clock that goes wrong by always the same."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        self._clock, self._by = clock, by

    def now(self) -> Any:
        """The moment as this clock has it."""
        return self._clock.now() + self._by

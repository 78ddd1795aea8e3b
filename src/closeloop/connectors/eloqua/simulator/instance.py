"""The simulated instance: contacts, accounts, custom objects, lists and activities, and what writing does. No HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from closeloop.connectors.eloqua.simulator.fields import FIELDS, Field, Values, Wrong, wrong
from closeloop.simulation import Faults, Table


@dataclass(frozen=True, slots=True)
class Row:
    """One record of any kind; `values` by internal name, `links` are ids of other records by property."""

    id: int
    created_at: datetime
    updated_at: datetime
    values: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One activity of a contact."""

    id: int
    type: str
    contact_id: int
    at: datetime
    asset: str
    details: Mapping[str, str]


class Refuse(Exception):
    """A write is refused, in the vendor's words."""

    def __init__(self, trouble: Wrong) -> None:
        self.trouble = trouble
        super().__init__(trouble.requirement)


class Instance:
    """All state. Not locked: hold `lock` around every use.

    Attributes:
        fields: kind of record → its fields; a custom object's kind is its number.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults, self.lock = faults, threading.RLock()
        self.fields: dict[str, tuple[Field, ...]] = dict(FIELDS)
        self.names: dict[str, str] = {}
        self._tables: dict[str, Table[int, Row]] = {"contact": Table(faults), "account": Table(faults)}
        self.acts: list[Act] = []
        self.lists: dict[int, tuple[str, set[int]]] = {}
        self._next = 1_000

    def number(self) -> int:
        """A number that was not given yet."""
        self._next += 1
        return self._next

    def make_kind(self, name: str, fields: Sequence[str]) -> str:
        """A custom object with these fields by internal name: its number."""
        kind = str(self.number())
        self.fields[kind] = tuple(Field(self.number(), internal, internal) for internal in fields)
        self.names[kind], self._tables[kind] = name, Table(self.faults)
        return kind

    def list_number(self, name: str) -> int:
        """The shared list of this name, made if there is none."""
        for number, (known, _) in self.lists.items():
            if known == name:
                return number
        made = self.number()
        self.lists[made] = (name, set())
        return made

    def create(self, kind: str, values: Values, links: Mapping[str, str]) -> Row:
        """Make a record.

        Raises:
            Refuse: a value does not fit, or a contact with this address is there.
        """
        if kind == "contact":
            values = {"C_EmailAddress": "", "C_IsSubscribed": "true", **values}
        self._check(kind, values)
        now = self.faults.clock.now()
        row = Row(self.number(), now, now, {each.internal: "" for each in self.fields[kind]} | values, dict(links))
        self._tables[kind].put(row.id, row)
        return row

    def update(self, kind: str, number: int, values: Values, links: Mapping[str, str]) -> Row | None:
        """Write some values of a record: as it is then, None when it is not there. Raises as `create`."""
        row = self.now(kind, number)
        if row is None:
            return None
        self._check(kind, values, number)
        changed = replace(
            row, values={**row.values, **values}, links={**row.links, **links}, updated_at=self.faults.clock.now()
        )
        self._tables[kind].put(number, changed)
        return changed

    def delete(self, kind: str, number: int) -> bool:
        """Delete a record; nothing of it can be read afterwards. False when it was not there."""
        row = self.now(kind, number)
        if row is None:
            return False
        self._tables[kind].put(number, replace(row, deleted=True))
        for _, members in self.lists.values() if kind == "contact" else ():
            members.discard(number)
        return True

    def now(self, kind: str, number: int) -> Row | None:
        """A record as it truly stands."""
        row = self._tables[kind].now(number)
        return row if row is not None and not row.deleted else None

    def seen(self, kind: str, number: int) -> Row | None:
        """A record as a reader sees it."""
        row = self._tables[kind].seen(number)
        return row if row is not None and not row.deleted else None

    def all_now(self, kind: str) -> list[Row]:
        """Every record as it truly stands."""
        return [row for row in self._tables[kind].all_now() if not row.deleted]

    def all_seen(self, kind: str) -> list[Row]:
        """Every record as a reader sees it."""
        return [row for row in self._tables[kind].all_seen() if not row.deleted]

    def by_value(self, kind: str, internal: str, value: str) -> list[Row]:
        """The records with this value, as they truly stand; case does not matter."""
        return [row for row in self.all_now(kind) if row.values.get(internal, "").lower() == value.lower()]

    def act(self, type_: str, contact_id: int, asset: str, details: Mapping[str, str]) -> Act:
        """Something that a contact did now."""
        made = Act(self.number(), type_, contact_id, self.faults.clock.now(), asset, dict(details))
        self.acts.append(made)
        return made

    def acts_seen(self) -> Iterable[Act]:
        """The activities that a reader sees."""
        until = self.faults.clock.now() - self.faults.read_delay
        return [act for act in self.acts if act.at <= until]

    def _check(self, kind: str, values: Values, number: int | None = None) -> None:
        if trouble := wrong(self.fields[kind], values):
            raise Refuse(trouble)
        address = values.get("C_EmailAddress")
        if address and any(row.id != number for row in self.by_value(kind, "C_EmailAddress", address)):
            raise Refuse(Wrong("emailAddress", "UniquenessRequirement", address, status=409))

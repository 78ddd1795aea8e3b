"""What a declaration says of a system's records, as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from closeloop.ports import Entity, Value

PRESENT = "*"
"""In a condition: any value that is not blank. Written by a recipe, it is the moment of writing."""

Condition = Mapping[str, tuple[Value, ...]]
"""Column → values of which it must have one; every column must hold. None stands for blank, `PRESENT` for the rest."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A relation: the object it leads to, and the columns that hold the id there (several are joined by ":")."""

    to: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A table of which each row ends one or more records of an object: a merge, or a deletion.

    Attributes:
        source: the table (or file, or path).
        ended: column with the id of the record that ended.
        survivor: column with the id of the record it lives on in; None for a deletion.
        each: a pattern that finds every id in a cell of `ended` which holds several; None: the cell is one id.
        at: column of the moment; None where the table has none.
    """

    source: str
    ended: str
    survivor: str | None
    each: str | None
    at: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(name for name in (self.ended, self.survivor, self.at) if name is not None)


@dataclass(frozen=True, slots=True)
class Touches:
    """Which touch a row is: `always`, or what `names` makes of the value in `column`. `at` holds the moment."""

    always: str | None
    column: str | None
    names: Mapping[str, str]
    at: str | None


@dataclass(frozen=True, slots=True)
class DeclaredObject:
    """One object of the system. Every attribute is the key of the file with the same name, unless said here.

    Attributes:
        source: the key `from`.
        fields: our field → column; None: every column under its own name.
        values: our field → what the system writes (as text) → what we read.
        key: column of our key; None: nothing can be created.
        write: fields and relations that may be written.
        touch: the keys `touch` and `touch_is`.
        line: where the object begins in the file.
    """

    name: str
    entity: Entity
    source: str
    id: tuple[str, ...]
    changed: str | None
    changed_zone: tzinfo
    fields: Mapping[str, str] | None
    values: Mapping[str, Mapping[str, Value]]
    key: str | None
    refs: Mapping[str, Pointer]
    deleted: Condition
    inactive: Condition
    active: Condition
    became: tuple[Pointer, ...]
    merges: tuple[Ending, ...]
    deletes: tuple[Ending, ...]
    touch: Touches | None
    write: frozenset[str]
    where: Condition
    line: int

    @property
    def endings(self) -> tuple[Ending, ...]:
        """Tables that tell of merges, then those that tell of deletions."""
        return (*self.merges, *self.deletes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the declaration names, each once; with `fields` None, the rest is read as well."""
        return tuple(dict.fromkeys(self._columns()))

    def column_of(self, field: str) -> str:
        """The column of one of our fields."""
        return field if self.fields is None else self.fields[field]

    def _columns(self) -> Iterator[str]:
        yield from self.id
        yield from (name for name in (self.changed, self.key) if name is not None)
        yield from (self.fields or {}).values()
        for pointer in (*self.refs.values(), *self.became):
            yield from pointer.by
        for condition in (self.deleted, self.inactive, self.active, self.where):
            yield from condition
        if self.touch is not None:
            yield from (name for name in (self.touch.column, self.touch.at) if name is not None)


@dataclass(frozen=True, slots=True)
class Declared:
    """All objects of one system, in the order of the file; `owners` are its users, who are no people of ours."""

    file: str
    objects: Mapping[str, DeclaredObject]
    owners: DeclaredObject | None = None

    @property
    def person_objects(self) -> tuple[str, ...]:
        """Objects that stand for a person, the first in the file being the strongest."""
        return tuple(name for name, each in self.objects.items() if each.entity == "person")

    def in_order(self) -> tuple[DeclaredObject, ...]:
        """The objects, those that others point to first; of two that point to each other, the first in the file."""
        ordered: dict[str, DeclaredObject] = {}
        for name in self.objects:
            self._visit(name, ordered, set())
        return tuple(ordered.values())

    def _visit(self, name: str, ordered: dict[str, DeclaredObject], open_: set[str]) -> None:
        if name in ordered or name in open_ or name not in self.objects:
            return
        open_.add(name)
        for pointer in self.objects[name].refs.values():
            self._visit(pointer.to, ordered, open_)
        ordered[name] = self.objects[name]

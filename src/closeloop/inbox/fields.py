"""Which fields of the process a source's name stands for: the index that every reader looks values up in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from closeloop.inbox.nouns import Key, Reported
from closeloop.ports import Value
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.once import once_per_process
from closeloop.words.normal import normal_form


@dataclass(frozen=True, slots=True)
class Named:
    """One path of the process file: where the value goes, and whether it identifies a person."""

    entity: str
    path: str
    object: str | None
    name: str
    form: str
    key: str | None
    """For a strong key of a person its kind: "email"."""


class Fields:
    """The paths of one process by source. Made once a process; lookups are dictionary reads."""

    def __init__(self, process: Process) -> None:
        self._by_source: dict[str, list[Named]] = {}
        own = {name: kind.fields for name, kind in process.records.items()}
        for entity, rules in {**process.fields, **own}.items():
            for rule in rules.values():
                self._add(entity, rule)

    def of(self, source: str) -> Sequence[Named]:
        """Every path that this source reports."""
        return self._by_source.get(source, ())

    def _add(self, entity: str, rule: FieldRule) -> None:
        strong = rule.key == "strong" and entity == "person"
        key = ("email" if rule.form == "email" else rule.name) if strong else None
        for path in rule.paths:
            named = Named(entity, str(path), path.object, path.name, rule.form, key)
            self._by_source.setdefault(path.source, []).append(named)


@once_per_process
def fields_of(process: Process) -> Fields:
    """The index of a process."""
    return Fields(process)


def strong_keys(said: Iterable[tuple[Named, Value]]) -> tuple[Key, ...]:
    """The strong keys among values, in normal form; what is not valid identifies nobody."""
    keys: dict[Key, None] = {}
    for named, value in said:
        if named.key is not None and value is not None:
            normal = normal_form(named.form)(value, None)
            if normal.valid and normal.value is not None:
                keys[Key(named.key, str(normal.value))] = None
    return tuple(keys)


def reported(said: Iterable[tuple[Named, Value]]) -> tuple[Reported, ...]:
    """Values under the paths of the process file."""
    return tuple(Reported(named.entity, named.path, value) for named, value in said)

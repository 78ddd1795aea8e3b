"""Records of the business's own: the objects that each kind comes from, and the column of each of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from closeloop.process.document import At
from closeloop.process.nouns import FieldRule, OwnKind, Path
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.sources import has_objects
from closeloop.process.schema.own_records import ColumnPart
from closeloop.process.sources import SourceDecl
from closeloop.rules import RESERVED

BUILT_IN_KINDS = frozenset(
    {"person", "account", "opportunity", "campaign", "task", "activity", "record", "role", "lead", "touch"}
)
BUILT_IN_OBJECTS = frozenset({
    "Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "ContactRole", "Campaign", "Task", "Event",
    "CampaignMember", "User",
})  # fmt: skip
"""Objects that mean the same in every system."""
TAKEN = frozenset({"person", "account", "opportunity", "campaign", "owner", "deleted", "living"})
"""Names that every record has already: what it belongs to, and how it stands."""


def resolve_records(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> dict[str, OwnKind]:
    """Every kind under `records`."""
    taken: dict[tuple[str, str], str] = {}
    return {name: _kind(agreement, name, sources, taken) for name in agreement.part.records}


def _kind(
    agreement: Agreement, name: str, sources: Mapping[str, SourceDecl], taken: dict[tuple[str, str], str]
) -> OwnKind:
    part, at = agreement.part.records[name], ("records", name)
    if name in BUILT_IN_KINDS | RESERVED:
        agreement.faults.add(at, f"'{name}' has a meaning of its own; valid is another name")
    objects: list[tuple[str, str]] = []
    for place, text in _listed((*at, "from"), part.from_):
        found = _object(agreement, place, text, sources)
        if found is None:
            continue
        if found in taken:
            agreement.faults.add(place, f"{text} is '{taken[found]}' already; valid is one kind for each object")
        taken.setdefault(found, name)
        objects.append(found)
    if part.key is not None:
        agreement.known((*at, "key"), f"field of {name}", part.key, dict(part.has))
    of = (part.of,) if isinstance(part.of, str) else tuple(dict.fromkeys(part.of))
    fields = {field: _field(agreement, name, field, objects) for field in part.has}
    return OwnKind(name, of, tuple(objects), part.key, MappingProxyType(fields))


def _object(agreement: Agreement, at: At, text: str, sources: Mapping[str, SourceDecl]) -> tuple[str, str] | None:
    source, _, name = text.partition(".")
    if not agreement.known(at, "source", source, sources):
        return None
    if not has_objects(sources[source]):
        able = ", ".join(sorted(each for each, found in sources.items() if has_objects(found))) or "none"
        agreement.faults.add(at, f"'{source}' has no records of your own; valid is an object of: {able}")
        return None
    if not name:
        agreement.faults.add(at, f"'{text}' names no object; valid is such as {source}.Order__c")
        return None
    if name in BUILT_IN_OBJECTS:
        agreement.faults.add(at, f"{name} is built in; valid is an object of your own, such as {source}.Order__c")
        return None
    return source, name


def _field(agreement: Agreement, kind: str, name: str, objects: list[tuple[str, str]]) -> FieldRule:
    part, at = agreement.part.records[kind].has[name], ("records", kind, "has", name)
    if name in TAKEN | RESERVED:
        agreement.faults.add(at, f"'{name}' has a meaning of its own; valid is another name")
    if not isinstance(part, ColumnPart):
        paths = tuple(Path(*each, name) for each in objects)
        return FieldRule(kind, name, (paths,), False, (), _SPOKEN.get(part, part), None, False)
    found: list[Path] = []
    for place, text in _listed((*at, "from"), part.from_):
        found += _paths(agreement, place, text, objects)
    return FieldRule(
        kind, name, (tuple(dict.fromkeys(found)),), False, (), _SPOKEN.get(part.form, part.form), None, False
    )


_SPOKEN = {"product": "text", "time": "moment"}


def _paths(agreement: Agreement, at: At, text: str, objects: list[tuple[str, str]]) -> list[Path]:
    """A column alone is one of every object; a path is one of the object that it names."""
    if "." not in text:
        return [Path(*each, text) for each in objects]
    where, _, column = text.rpartition(".")
    known = {".".join(each): each for each in objects}
    if objects and agreement.known(at, "object", where, known):
        return [Path(*known[where], column)]
    return []


def _listed(at: At, said: str | list[str]) -> Iterator[tuple[At, str]]:
    if isinstance(said, str):
        yield at, said
    else:
        yield from (((*at, index), text) for index, text in enumerate(said))

"""A declaration is read from YAML and checked: every mistake at once, each with its line and what would be valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Protocol, cast, get_args
from zoneinfo import ZoneInfo

from closeloop.declared.nouns import PRESENT, Condition, Declared, DeclaredObject, Ending, Pointer, Touches
from closeloop.declared.part import Part
from closeloop.ports import Entity
from closeloop.process.document import At, read_document
from closeloop.process.faults import Faults
from closeloop.process.touches import TOUCH_KINDS

OBJECT_KEYS = frozenset({
    "entity", "from", "id", "changed", "changed_zone", "fields", "values", "key", "refs", "deleted", "inactive",
    "active", "became", "merges", "deletes", "touch", "touch_is", "write", "where",
})  # fmt: skip
OWNER_KEYS = frozenset({"from", "id", "fields", "inactive", "where"})
_OWNER_FIELDS = ("name", "email")
REFS = ("person", "account", "opportunity", "campaign", "owner")
USER = "User"
"""What an owner points to; it need not be declared, since users are not people of ours."""


class Extra(Protocol):
    """What a kind of connector reads beyond the keys that all share.

    Attributes:
        top_keys: keys beside `objects` and `owners`.
        object_keys: keys of each object beside `OBJECT_KEYS`, and of `owners` beside `OWNER_KEYS`.
    """

    top_keys: frozenset[str]
    object_keys: frozenset[str]

    def read(self, root: Part) -> None:
        """Read those keys from the whole file; mistakes go to `root.faults` and are raised with all others."""
        ...


def read_declared(file: str, content: bytes, extra: Extra | None = None) -> Declared:
    """Read and check a declaration.

    Args:
        file: its name, for messages.
        content: as stored, UTF-8.
        extra: reads further keys; without it, such keys are mistakes.

    Raises:
        ProcessError: every mistake that was found, in the order of the file.
    """
    document = read_document(file, content)
    faults = Faults(document)
    root = Part(document, faults, (), document.plain)
    root.only({"objects", "owners", *(extra.top_keys if extra else ())})
    objects: dict[str, DeclaredObject] = {}
    keys = OBJECT_KEYS | (extra.object_keys if extra else frozenset())
    listed = root.part("objects")
    if listed is None or not list(listed):
        root.add("objects", "missing; a declaration names at least one object under `objects`")
    for name in listed or ():
        if listed is not None and (part := listed.part(name)) is not None:
            part.only(keys)
            objects[name] = _object(name, part)
    for name, declared in objects.items():
        if listed is not None and (part := listed.part(name)) is not None:
            _check(declared, part, objects)
    owners = _owners(part, extra) if (part := root.part("owners")) is not None else None
    if extra is not None:
        extra.read(root)
    faults.raise_if_any()
    return Declared(file, objects, owners)


def _owners(part: Part, extra: Extra | None) -> DeclaredObject:
    part.only(OWNER_KEYS | (extra.object_keys if extra else frozenset()))
    if (fields := part.part("fields")) is not None:
        fields.only(_OWNER_FIELDS, "field")
    return replace(_object(USER, part, "person"), fields=part.named_texts("fields"))


def _object(name: str, part: Part, entity: Entity | None = None) -> DeclaredObject:
    fields = part.named_texts("fields") if "fields" in part else None
    values = part.part("values")
    return DeclaredObject(
        name=name,
        entity=entity or cast("Entity", part.word("entity", get_args(Entity), needed=True) or "person"),
        source=part.text("from", needed=True) or "",
        id=part.texts("id", needed=True),
        changed=part.text("changed"),
        changed_zone=_zone(part),
        fields=fields,
        values={} if values is None else {field: values.named_values(field) for field in values},
        key=part.text("key"),
        refs=_refs(part),
        deleted=_condition(part, "deleted"),
        inactive=_condition(part, "inactive"),
        active=_condition(part, "active"),
        became=tuple(_pointer(each) for each in part.parts("became")),
        merges=tuple(_ending(each, "loser", "survivor") for each in part.parts("merges")),
        deletes=tuple(_ending(each, "id", None) for each in part.parts("deletes")),
        touch=_touch(part),
        write=frozenset(part.texts("write")),
        where=_condition(part, "where"),
        line=part.line,
    )


def _zone(part: Part) -> tzinfo:
    name = part.text("changed_zone") or "UTC"
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        part.add("changed_zone", f"{name!r} is no time zone; valid is a name such as Europe/Berlin, or UTC")
        return UTC


def _refs(part: Part) -> Mapping[str, Pointer]:
    refs = part.part("refs")
    if refs is None:
        return {}
    refs.only(REFS, "relation")
    pairs = ((name, refs.part(name)) for name in refs if name in REFS)
    return {name: _pointer(each) for name, each in pairs if each is not None}


def _pointer(part: Part) -> Pointer:
    part.only(("to", "by"))
    return Pointer(part.text("to", needed=True) or "", part.texts("by", needed=True))


def _condition(part: Part, key: str) -> Condition:
    columns = part.part(key)
    return {} if columns is None else {name: columns.scalars(name) for name in columns}


def _ending(part: Part, ended: str, survivor: str | None) -> Ending:
    part.only([key for key in ("from", ended, survivor, "each", "at") if key])
    return Ending(
        source=part.text("from", needed=True) or "",
        ended=part.text(ended, needed=True) or "",
        survivor=part.text(survivor, needed=True) if survivor else None,
        each=part.pattern("each"),
        at=part.text("at"),
    )


def _touch(part: Part) -> Touches | None:
    always = part.word("touch_is", TOUCH_KINDS)
    named = part.part("touch")
    if named is None:
        return Touches(always, None, {}, None) if always else None
    named.only(("column", "names", "at"))
    names = named.part("names")
    if names is not None:
        for name in names:
            names.word(name, TOUCH_KINDS)
    if always and "names" in named:
        part.add("touch_is", "stands beside `touch: names`; valid is one of the two")
    if not always and ("column" not in named or names is None):
        named.add("column", "`column` and `names` are both needed, unless `touch_is` says what every row is")
    return Touches(always, named.text("column"), named.named_texts("names"), named.text("at"))


def _check(declared: DeclaredObject, part: Part, objects: Mapping[str, DeclaredObject]) -> None:
    _check_targets(declared, part, objects)
    known = None if declared.fields is None else {*declared.fields}
    if known is not None:
        for field in sorted(declared.write - known - {*declared.refs}):
            part.faults.unknown((*part.at, "write"), "field", field, {*known, *declared.refs})
        for field in declared.values:
            if field not in known:
                part.faults.unknown((*part.at, "values", field), "field", field, known)
    if declared.entity == "activity" and declared.touch is None:
        part.add("entity", "an activity needs `touch` (a column and names) or `touch_is`")
    if declared.active and not declared.inactive:
        part.add("active", "stands without `inactive`; it is the way back from it")
    for column, values in declared.active.items():
        if values and values[0] == PRESENT:
            part.faults.add((*part.at, "active", column), f"{PRESENT!r} cannot be written; valid is a value, or null")
    _check_columns(declared, part)


def _check_targets(declared: DeclaredObject, part: Part, objects: Mapping[str, DeclaredObject]) -> None:
    listed = isinstance(part.plain("became"), list)
    places: list[tuple[At, Pointer]] = [(("refs", name), pointer) for name, pointer in declared.refs.items()]
    places += [(("became", n) if listed else ("became",), pointer) for n, pointer in enumerate(declared.became)]
    for place, pointer in places:
        valid = {*objects, USER} if place == ("refs", "owner") else {*objects}
        target = objects.get(pointer.to)
        if pointer.to and pointer.to not in valid:
            part.faults.unknown((*part.at, *place, "to"), "object", pointer.to, valid)
        if target is not None and target.id and pointer.by and len(pointer.by) != len(target.id):
            what = f"{len(pointer.by)} columns; valid are {len(target.id)}, as many as {pointer.to} has in its `id`"
            part.faults.add((*part.at, *place, "by"), what)


def _check_columns(declared: DeclaredObject, part: Part) -> None:
    # Two fields written into one column would overwrite each other.
    taken: dict[str, str] = dict.fromkeys(declared.id, "the id")
    if declared.key:
        taken[declared.key] = "our key"
    written = [(name, declared.column_of(name)) for name in sorted(declared.write) if name in (declared.fields or {})]
    for name, column in written:
        if column in taken:
            part.add("write", f"{name} and {taken[column]} are both written into the column {column}")
        taken[column] = name

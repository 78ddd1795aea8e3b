"""Fields in which two sources disagree now: what each says, which value is believed and why, and who holds another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, text

from closeloop.measure.stored import Plain, called, in_words, mapping_of, text_of, value_of
from closeloop.outbox.nouns import STATE
from closeloop.process.nouns import FieldRule, Process
from closeloop.words.moment import from_us
from closeloop.words.normal import comparable

LOOKED_AT = 15_000
"""Believed values that are looked through for one page: so many take a fraction of a second."""
A_PAGE = 20
CLEARED = "(empty)"
"""What a path says that took the value out on purpose."""
Place = tuple[str, str]
"""Where to go on: the root and the field that were looked at last."""
START: Place = ("~", "~")


@dataclass(frozen=True, slots=True)
class Claim:
    """The latest that one path says."""

    path: str
    value: str
    at: datetime
    message_id: str
    wins: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """A record outside that holds another value than the one believed; `why` says whether it will be written."""

    source: str
    object: str
    id: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field of a person or an account."""

    kind: str
    root_id: str
    called: str
    field: str
    why: str
    claims: tuple[Claim, ...]
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Conflicts:
    """One page, the latest known first. `after` is where the next one begins; None when everything was looked at."""

    found: tuple[Conflict, ...]
    after: Place | None


# A value that is valid, the latest on its path, and another one than what is believed. Bounded, wherever they are.
_PAGE = text("""
    SELECT b.root_id, b.kind, b.field, b.value, b.why FROM (
      SELECT w.root_id, w.kind, w.field, w.value, w.why FROM v_settled w
      WHERE w.kind IN ('person', 'account') AND w.field IN :fields AND (w.root_id, w.field) < (:root, :field)
      ORDER BY w.root_id DESC, w.field DESC LIMIT :looked_at) b
    WHERE EXISTS (
      SELECT 1 FROM v_values v
      WHERE v.root_id = b.root_id AND v.field = b.field AND v.valid = 1 AND v.value <> b.value AND NOT EXISTS (
        SELECT 1 FROM v_values n
        WHERE n.root_id = v.root_id AND n.field = v.field AND n.path = v.path AND n.valid = 1 AND n.at > v.at))
    ORDER BY b.root_id DESC, b.field DESC LIMIT :most""").bindparams(bindparam("fields", expanding=True))
_LAST = text("""
    SELECT w.root_id, w.field FROM v_settled w
    WHERE w.kind IN ('person', 'account') AND w.field IN :fields AND (w.root_id, w.field) < (:root, :field)
    ORDER BY w.root_id DESC, w.field DESC LIMIT 1 OFFSET :passed""").bindparams(bindparam("fields", expanding=True))
_CLAIMS = text("""
    SELECT root_id, field, path, given, at, message_id, wins FROM v_values
    WHERE root_id IN :roots AND valid = 1 ORDER BY at DESC, path""").bindparams(bindparam("roots", expanding=True))
_KEYS = text("""
    SELECT root_id, kind, value FROM v_keys WHERE root_id IN :roots AND kind LIKE '%.%' ORDER BY kind, value
    """).bindparams(bindparam("roots", expanding=True))
_SHADOWS = text("""
    SELECT source, object, record_id, fields FROM v_shadows WHERE source IN :sources AND object IN :objects
      AND record_id IN :ids""").bindparams(*(bindparam(name, expanding=True) for name in ("sources", "objects", "ids")))
_CALLED = text("""
    SELECT root_id, field, given FROM v_winners WHERE root_id IN :roots AND field IN ('name', 'email', 'company')
    """).bindparams(bindparam("roots", expanding=True))
_CUSTODY = text("SELECT person_id, custody FROM v_people WHERE person_id IN :roots").bindparams(
    bindparam("roots", expanding=True)
)


def conflicts(
    connection: Connection, process: Process, field: str = "", before: Place = START, most: int = A_PAGE
) -> Conflicts:
    """One page of the fields of people and accounts on which sources disagree.

    Args:
        field: only this one; "" is every field that the process declares.
        before: where the page before ended.
    """
    fields = [field] if field else fields_of(process)
    asked = {"fields": fields, "root": before[0], "field": before[1]}
    rows = connection.execute(_PAGE, {**asked, "looked_at": LOOKED_AT, "most": most}).all()
    if len(rows) == most:
        after: Place | None = (rows[-1].root_id, rows[-1].field)
    else:
        last = connection.execute(_LAST, {**asked, "passed": LOOKED_AT - 1}).first()
        after = None if last is None else (last.root_id, last.field)
    return Conflicts(tuple(_told(connection, process, rows)) if rows else (), after)


def fields_of(process: Process) -> list[str]:
    """The fields of people and accounts that the process declares."""
    return sorted({name for entity in ("person", "account") for name in process.fields.get(entity, {})})


def _told(connection: Connection, process: Process, rows: Sequence[Row[tuple[str, ...]]]) -> Iterator[Conflict]:
    roots = sorted({row.root_id for row in rows})
    claims: dict[tuple[str, str], dict[str, Claim]] = defaultdict(dict)
    for line in connection.execute(_CLAIMS, {"roots": roots}):
        claim = Claim(line.path, text_of(line.given) or CLEARED, from_us(line.at), line.message_id, bool(line.wins))
        claims[line.root_id, line.field].setdefault(line.path, claim)
    shadows = _shadows(connection, roots)
    custody = {line.person_id: line.custody for line in connection.execute(_CUSTODY, {"roots": roots})}
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for line in connection.execute(_CALLED, {"roots": roots}):
        names[line.root_id][line.field] = text_of(line.given)
    for row in rows:
        name = names[row.root_id]
        shown = name.get("company" if row.kind == "account" else "name", "")
        rule = process.fields.get(row.kind, {}).get(row.field)
        yield Conflict(
            row.kind, row.root_id, called(shown, name.get("email", ""), row.root_id, row.kind), row.field, row.why,
            tuple(sorted(claims[row.root_id, row.field].values(), key=lambda claim: not claim.wins)),
            tuple(_holders(process, rule, row.value, shadows[row.root_id], custody.get(row.root_id, "")))
            if rule else (),
        )  # fmt: skip


_Record = tuple[str, str, str, Mapping[str, Plain]]


def _shadows(connection: Connection, roots: Sequence[str]) -> Mapping[str, list[_Record]]:
    """Root → its living records outside, with what each is known to hold."""
    whose = {
        (*line.kind.split(".", 1), line.value): line.root_id for line in connection.execute(_KEYS, {"roots": roots})
    }
    found: dict[str, list[_Record]] = defaultdict(list)
    if whose:
        sources, objects, ids = (sorted({key[at] for key in whose}) for at in range(3))
        for line in connection.execute(_SHADOWS, {"sources": sources, "objects": objects, "ids": ids}):
            root, fields = whose.get((line.source, line.object, line.record_id)), mapping_of(line.fields)
            if root is not None and fields.get(STATE) in (None, "active", "inactive"):
                found[root].append((line.source, line.object, line.record_id, fields))
    return found


def _holders(
    process: Process, rule: FieldRule, believed: str, records: Sequence[_Record], custody: str
) -> Iterator[Holder]:
    wanted = _same(rule, value_of(believed))
    for source, object_name, id_, fields in records:
        for path in dict.fromkeys((*rule.paths, *rule.write)):
            value = fields.get(path.name)
            if path.source != source or path.object not in (None, object_name) or value in (None, ""):
                continue
            if _same(rule, value) != wanted:
                yield Holder(source, object_name, id_, in_words(value), _held_back(process, rule, source, custody))
                break


def _held_back(process: Process, rule: FieldRule, source: str, custody: str) -> str:
    """Whether the believed value will be written to a system, in plain words."""
    if source not in {path.source for path in rule.write}:
        return f"stays: the process does not write {rule.name} to {source}"
    may = process.custody[custody].write if custody in process.custody else ()
    if rule.always or source in may or rule.entity != "person":
        return "is to be written"
    return f"held back: in the custody of {custody}"


def _same(rule: FieldRule, value: Plain) -> str:
    return comparable(rule.form, value if isinstance(value, str | int | float | bool) else in_words(value))

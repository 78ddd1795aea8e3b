"""A part of the base settled anew by a process that changed: values read again, winners picked, all by sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec.json import Encoder
from sqlalchemy import Connection, text

from closeloop.process.nouns import Process
from closeloop.record.nouns import CLEARED
from closeloop.record.reread import reread
from closeloop.record.store.by_sets import settle_roots, settling, write_settled
from closeloop.record.store.tables import IS_RELATION
from closeloop.record.store.values import load_values, replace_values

_NOTHING = Encoder().encode(CLEARED).decode()


class Part(NamedTuple):
    """The roots of one kind whose ids are greater than `after` and not greater than `last`."""

    kind: str
    after: str
    last: str


class Change(NamedTuple):
    """A field of one root that has another value now; `old` and `new` are JSON, None where there is none."""

    root_id: str
    field: str
    old: str | None
    new: str | None
    why: str | None


class Anew(NamedTuple):
    """What settling anew did: values that read otherwise now, winners written and gone, and those of another value.

    A winner is also written when only its source or its explanation is another one.
    """

    n_read: int
    n_winners: int
    n_vanished: int
    changes: Sequence[Change]


def lock_part(connection: Connection, part: Part) -> None:
    """Nobody else decides about these until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(_ROOTS + " ORDER BY id FOR UPDATE"), part._asdict())


def settle_part(connection: Connection, process: Process, part: Part, fields: Collection[str] = ()) -> Anew:
    """Settle every field of a part of the base by this process.

    Args:
        fields: those of this kind whose form is another one than when their values were kept: they are read again
            as they were given, one by one, since a normal form is Python's.
    """
    return _settle(connection, process, _ROOTS, part, {part.kind: fields})


def settle_related(connection: Connection, process: Process, part: Part, fields: Mapping[str, Collection[str]]) -> Anew:
    """Settle what belongs to the people of a part: their accounts, and what has a relation to any of them."""
    related = _RELATED.format(of_accounts=_OF_ACCOUNTS if process.records else "")
    return _settle(connection, process, related, part, {k: v for k, v in fields.items() if k != part.kind})


def concerned_by(connection: Connection, part: Part, roots: Collection[str]) -> set[str]:
    """The people of a part to whom any of these belongs."""
    if not roots:
        return set()
    pairs = connection.execute(text(_RELATIONS), part._asdict())
    return {person for person, root in pairs if root in roots}


def _settle(
    connection: Connection, process: Process, roots: str, part: Part, fields: Mapping[str, Collection[str]]
) -> Anew:
    with settling(connection, process):
        connection.execute(text("INSERT INTO settling_roots (root_id, kind) " + roots), part._asdict())
        n_read = sum(_read_again(connection, process, kind, names) for kind, names in fields.items())
        settle_roots(connection)
        changes = [
            Change(root, field, _held(old), _held(new), why)
            for root, field, old, new, why in connection.execute(text(_CHANGES))
        ]
        n_winners, n_vanished = write_settled(connection)
    return Anew(n_read, n_winners, n_vanished, changes)


def _held(value: str | None) -> str | None:
    return None if value == _NOTHING else value


def _read_again(connection: Connection, process: Process, kind: str, fields: Collection[str]) -> int:
    if not fields:
        return 0
    roots = (
        connection.execute(text("SELECT root_id FROM settling_roots WHERE kind = :kind"), {"kind": kind})
        .scalars()
        .all()
    )
    read = reread(dict.fromkeys(roots, kind), load_values(connection, roots), process)
    changed = [each for each in read if each.field in fields]
    replace_values(connection, changed)
    return len(changed)


_ROOTS = "SELECT id, kind FROM entities WHERE kind = :kind AND id = root_id AND id > :after AND id <= :last"
_IS_RELATION = IS_RELATION.text
# Person and other: those that the people name, and those that name the people.
_RELATIONS = f"""
SELECT people.id AS person, named.root_id AS other FROM entities AS people
JOIN winners ON winners.entity_id = people.id AND winners.{_IS_RELATION}
JOIN entities AS named ON named.id = substr(winners.value, 2, length(winners.value) - 2)
WHERE people.kind = :kind AND people.id = people.root_id AND people.id > :after AND people.id <= :last
UNION
SELECT people.root_id, winners.entity_id FROM entities AS people
JOIN winners ON winners.value = '"' || people.id || '"' AND winners.{_IS_RELATION}
WHERE people.kind = :kind AND people.root_id > :after AND people.root_id <= :last
"""  # noqa: S608 - the names are ours
_RELATED = f"""
SELECT id, kind FROM entities WHERE kind <> :kind AND id IN (
  SELECT other FROM ({_RELATIONS}) AS pairs
  {{of_accounts}}
)
"""  # noqa: S608 - the names are ours
_OF_ACCOUNTS = f"""
  UNION
  SELECT winners.entity_id FROM entities AS people
  JOIN winners AS tie ON tie.entity_id = people.id AND tie.field = 'account'
  JOIN entities AS named ON named.id = substr(tie.value, 2, length(tie.value) - 2)
  JOIN winners ON winners.value = '"' || named.id || '"' AND winners.{_IS_RELATION}
  WHERE people.kind = :kind AND people.id = people.root_id AND people.id > :after AND people.id <= :last
"""  # noqa: S608 - the names are ours
# An address goes out as it was given.
_CHANGES = """
SELECT settled.entity_id, settled.field, old.value, settled.value, settled.why
FROM settled
JOIN settling_roots AS roots ON roots.root_id = settled.entity_id
JOIN settling_fields AS rule ON rule.kind = roots.kind AND rule.field = settled.field
LEFT JOIN winners AS old ON old.entity_id = settled.entity_id AND old.field = settled.field
WHERE old.entity_id IS NULL
  OR (settled.value, settled.valid) <> (old.value, old.valid)
  OR (rule.form = 'email' AND settled.given <> old.given)
UNION ALL
SELECT old.entity_id, old.field, old.value, NULL, NULL
FROM settling_roots AS roots JOIN winners AS old ON old.entity_id = roots.root_id
WHERE NOT EXISTS (
  SELECT 1 FROM settled WHERE settled.entity_id = old.entity_id AND settled.field = old.field
)
ORDER BY 1, 2
"""

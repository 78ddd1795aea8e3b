"""The business's own records that count as somebody's, such as purchases: each value with its source and time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, text

from closeloop.measure.stored import in_words, winner_of
from closeloop.process.nouns import Process
from closeloop.record.builtin import LIVING, RELATIONS
from closeloop.record.nouns import Winner, Winners
from closeloop.record.typed import is_living

_MOST = 200
"""Records that are listed of one person: those that name them first, the newest before older ones."""


@dataclass(frozen=True, slots=True)
class OwnValue:
    """One field of a record: what is believed, where that stands, and since when."""

    field: str
    value: str
    path: str
    at: datetime
    message_id: str
    why: str


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One record.

    Attributes:
        through: what makes it theirs: "person", "account" or "opportunity".
        known: where it stands outside: system, object and id.
        living: False when it is deleted in all of them, and counts no more.
    """

    id: str
    kind: str
    through: str
    living: bool
    known: tuple[tuple[str, str, str], ...]
    values: tuple[OwnValue, ...]


# A relation is found by its value, for which winners have an index of its own.
_RELATED = text("""
    SELECT DISTINCT r.root_id, r.kind FROM v_entities e
    JOIN v_winners r ON r.value = '"' || e.entity_id || '"'
    WHERE e.root_id IN :roots AND r.kind IN :kinds AND r.field IN ('account', 'person', 'opportunity', 'campaign')
    ORDER BY r.root_id DESC""").bindparams(*(bindparam(name, expanding=True) for name in ("roots", "kinds")))
_WINNERS = text("""
    SELECT root_id, field, value, given, valid, path, at, message_id, why FROM v_winners WHERE root_id IN :roots
    ORDER BY root_id, field""").bindparams(bindparam("roots", expanding=True))
_KEYS = text("""
    SELECT root_id, kind, value FROM v_keys WHERE root_id IN :roots AND kind LIKE '%.%' ORDER BY kind, value
    """).bindparams(bindparam("roots", expanding=True))
_ACCOUNT = text("""
    SELECT e.root_id FROM v_winners w JOIN v_entities e ON w.value = '"' || e.entity_id || '"'
    WHERE w.root_id = :person AND w.field = 'account'""")


def own_records(connection: Connection, process: Process, person_id: str) -> tuple[OwnRecord, ...]:
    """The records of a resolved person by kind, the newest first, those that are deleted among them."""
    found = dict(islice(_of_person(connection, process, person_id).items(), _MOST))
    winners = _winners(connection, found)
    keys: dict[str, list[tuple[str, str, str]]] = {}
    for line in connection.execute(_KEYS, {"roots": sorted(found)}) if found else ():
        system, _, name = line.kind.partition(".")
        keys.setdefault(line.root_id, []).append((system, name, line.value))
    return tuple(
        OwnRecord(
            id_, kind, through, is_living(winners.get(id_, {})), tuple(keys.get(id_, ())),
            tuple(_value(each) for each in winners.get(id_, {}).values() if each.field not in (*RELATIONS, LIVING)),
        )
        for id_, (kind, through) in sorted(found.items(), key=lambda each: list(process.records).index(each[1][0]))
    )  # fmt: skip


def related_winners(connection: Connection, process: Process, person_id: str) -> Mapping[str, Sequence[Winners]]:
    """Kind → the winners of each living record of a person: their deals, and the business's own."""
    found = {id_: kind for id_, (kind, _) in _of_person(connection, process, person_id).items()}
    found |= _ids(connection, [person_id], ["opportunity"])
    winners = _winners(connection, found)
    kinds: dict[str, list[Winners]] = {}
    for id_, kind in sorted(found.items()):
        if is_living(winners.get(id_, {})):
            kinds.setdefault(kind, []).append(winners.get(id_, {}))
    return kinds


def _of_person(connection: Connection, process: Process, person_id: str) -> dict[str, tuple[str, str]]:
    """Record → its kind and what makes it theirs; the nearest where there are several."""
    if not process.records:
        return {}
    account = connection.execute(_ACCOUNT, {"person": person_id}).scalars().all()
    deals = _ids(connection, [person_id], ["opportunity"])
    found: dict[str, tuple[str, str]] = {}
    for way, roots in (("person", [person_id]), ("opportunity", list(deals)), ("account", list(account))):
        kinds = [kind.name for kind in process.records.values() if way in kind.of]
        for id_, kind in _ids(connection, roots, kinds).items():
            found.setdefault(id_, (kind, way))
    return found


def _ids(connection: Connection, roots: Sequence[str], kinds: Sequence[str]) -> dict[str, str]:
    """Record → kind, of those that name one of these, the newest first."""
    if not roots or not kinds:
        return {}
    rows = connection.execute(_RELATED, {"roots": sorted(roots), "kinds": sorted(kinds)})
    return {line.root_id: line.kind for line in rows}


def _winners(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, Winner]]:
    found: dict[str, dict[str, Winner]] = {}
    for line in connection.execute(_WINNERS, {"roots": sorted(ids)}) if ids else ():
        winner = winner_of(line)
        if winner is not None:
            found.setdefault(line.root_id, {})[winner.field] = winner
    return found


def _value(winner: Winner) -> OwnValue:
    return OwnValue(winner.field, in_words(winner.value), winner.path, winner.at, winner.message_id, winner.why)

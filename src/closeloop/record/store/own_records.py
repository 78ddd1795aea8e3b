"""Records of the business's own that count as somebody's: by what they name, by their account, or by their deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, column, select
from sqlalchemy import table as known_table

from closeloop.db import TEXT, among
from closeloop.process.nouns import OwnKind, Process
from closeloop.record.store.values import load_related, load_winners
from closeloop.record.typed import is_living, typed

_entities = known_table("entities", column("id", TEXT), column("root_id", TEXT))
_ROOTS = select(_entities.c.id, _entities.c.root_id).where(among(_entities.c.id, "ids"))

Held = Mapping[str, Sequence[Mapping[str, object]]]
"""Kind → the records of one person as conditions see them, the oldest first."""


def load_own(
    connection: Connection,
    process: Process,
    people: Sequence[str],
    accounts: Mapping[str, str],
    deals: Mapping[str, Sequence[str]],
) -> dict[str, Held]:
    """What these people have, in one statement for each way in which a kind of record can be theirs.

    Args:
        people: roots.
        accounts: person → root of their account.
        deals: person → roots of their deals.

    Returns:
        Person → what they have; nobody who has nothing. A record that is deleted counts no more.
    """
    whose = {
        "person": {person: [person] for person in people},
        "account": {person: [account] for person, account in accounts.items()},
        "opportunity": deals,
    }
    ids = {kind.name: _ids(connection, kind, whose) for kind in process.records.values()}
    winners = load_winners(
        connection, sorted({one for of_person in ids.values() for theirs in of_person.values() for one in theirs})
    )
    known = {
        name: {
            one: typed(winners[one], name, process)
            for theirs in of_person.values()
            for one in theirs
            if one in winners and is_living(winners[one])
        }
        for name, of_person in ids.items()
    }
    return {
        person: held
        for person in people
        if (
            held := {
                name: [known[name][one] for one in of_person[person] if one in known[name]]
                for name, of_person in ids.items()
                if person in of_person
            }
        )
    }


def load_deals(
    connection: Connection, people: Sequence[str]
) -> tuple[dict[str, list[str]], dict[tuple[str, str], str]]:
    """The deals of these people, those in which they only have a role included, and the role by person and deal."""
    deals = {person: set(theirs) for person, theirs in load_related(connection, people, "opportunity").items()}
    of_person = load_related(connection, people, "role")
    winners = load_winners(connection, sorted({role for theirs in of_person.values() for role in theirs}))
    named = {role: str(each["opportunity"].value) for role, each in winners.items() if "opportunity" in each}
    roots = dict(connection.execute(_ROOTS, {"ids": sorted(set(named.values()))}).all()) if named else {}
    roles: dict[tuple[str, str], str] = {}
    for person, theirs in of_person.items():
        for role in theirs:
            if role in named and is_living(winners[role]):
                deal = roots.get(named[role], named[role])
                deals.setdefault(person, set()).add(deal)
                if "role" in winners[role]:
                    roles.setdefault((person, deal), str(winners[role]["role"].value))
    return {person: sorted(theirs) for person, theirs in deals.items()}, roles


def _ids(
    connection: Connection, kind: OwnKind, whose: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[str, list[str]]:
    """Person → their records of this kind, sorted: ids sort by when they were first told of."""
    found: dict[str, set[str]] = {}
    for way in kind.of:
        roots = sorted({root for theirs in whose[way].values() for root in theirs})
        held = load_related(connection, roots, kind.name)
        for person, theirs in whose[way].items():
            found.setdefault(person, set()).update(one for root in theirs for one in held.get(root, ()))
    return {person: sorted(ids) for person, ids in found.items() if ids}

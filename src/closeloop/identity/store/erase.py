"""One person's keys, browsers, likeness, pairs and links taken away; that there was somebody stays, by an id alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, or_, select, update

from closeloop.db import among
from closeloop.identity.accounts import Said
from closeloop.identity.erasure import ERASED
from closeloop.identity.keys import EMAIL, NAMED
from closeloop.identity.store.tables import (
    block_keys,
    companies,
    entities,
    keys,
    merges,
    pairs,
    sharers,
    traits,
    visits,
)

_traits = msgspec.json.Decoder(dict[str, str]).decode


class Judged(NamedTuple):
    """Pairs and links of a person by id, of which clicks may speak."""

    pairs: frozenset[str]
    links: frozenset[str]


def shared_addresses(connection: Connection, family: Sequence[str], addresses: Sequence[str]) -> set[str]:
    """Those addresses that somebody else has part in: they are the others' too, and stay open to them."""
    found = set()
    for address in addresses:
        shared = (keys.c.kind == NAMED, keys.c.value >= f"{address} ", keys.c.value < f"{address}!")
        others = select(keys.c.entity_id).where(*shared)
        if set(connection.execute(others).scalars()) - set(family):
            found.add(address)
    # Who only has a part in one does not hold it.
    held = select(keys.c.value, keys.c.entity_id).where(keys.c.kind == EMAIL, among(keys.c.value, list(addresses)))
    return found | {value for value, entity in connection.execute(held) if entity not in set(family)}


def seen_on(connection: Connection, family: Sequence[str]) -> set[str]:
    """Browsers on which the person was identified by other means than an act."""
    return set(connection.execute(select(visits.c.visitor).where(among(visits.c.person_id, family))).scalars())


def also_seen_on(connection: Connection, family: Sequence[str], browsers: Sequence[str]) -> set[str]:
    """Those browsers on which somebody else was identified too."""
    statement = select(visits.c.visitor, visits.c.person_id).where(among(visits.c.visitor, browsers))
    return {visitor for visitor, person in connection.execute(statement) if person not in set(family)}


def judged(connection: Connection, family: Sequence[str]) -> Judged:
    """The pairs and links in which the person stands."""
    asked = select(pairs.c.id).where(or_(among(pairs.c.left_id, family), among(pairs.c.right_id, family)))
    linked = select(merges.c.id).where(or_(among(merges.c.survivor_id, family), among(merges.c.loser_id, family)))
    return Judged(frozenset(connection.execute(asked).scalars()), frozenset(connection.execute(linked).scalars()))


def forget(connection: Connection, family: Sequence[str], judged: Judged) -> None:
    """Take away what is known of these entities of one person; the rows of the entities themselves stay."""
    _forget_shared(connection, family)
    _forget_seen(connection, family)
    for rows, column in (
        (keys, keys.c.entity_id), (visits, visits.c.person_id), (traits, traits.c.entity_id),
        (block_keys, block_keys.c.entity_id), (pairs, pairs.c.id), (merges, merges.c.id),
    ):  # fmt: skip
        theirs = {pairs: sorted(judged.pairs), merges: sorted(judged.links)}.get(rows, list(family))
        connection.execute(delete(rows).where(among(column, theirs)))


def unname_causes(connection: Connection, message_ids: Sequence[str]) -> None:
    """What these messages brought about stays, but not their names, which may be an address."""
    for each in (entities, keys, companies):
        statement = update(each).where(among(each.c.message_id, message_ids))
        connection.execute(statement.values(message_id=ERASED))


def _forget_seen(connection: Connection, family: Sequence[str]) -> None:
    """A domain that the company's was taken for, since the person had their mail there."""
    seen = or_(*(companies.c.said.contains(each, autoescape=True) for each in family))
    for id_, said in connection.execute(select(companies.c.entity_id, companies.c.said).where(seen)).all():
        heard = msgspec.json.decode(said, type=Said)
        left = {domain: [each for each in people if each not in family] for domain, people in heard.seen.items()}
        heard.seen = {domain: people for domain, people in left.items() if people}
        encoded = msgspec.json.encode(heard, order="sorted").decode()
        connection.execute(update(companies).where(companies.c.entity_id == id_).values(said=encoded))


def _forget_shared(connection: Connection, family: Sequence[str]) -> None:
    """Phone numbers and streets with the last name that they were seen with."""
    said = connection.execute(select(traits.c.traits).where(among(traits.c.entity_id, family))).scalars()
    values = sorted({value for each in said for value in _traits(each).values()})
    if values:
        connection.execute(delete(sharers).where(among(sharers.c.value, values), among(sharers.c.last_name, values)))

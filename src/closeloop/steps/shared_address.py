"""Several people may share an address, and marketing keeps one record for it: that of whoever was there first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from closeloop.identity import store as identity_store
from closeloop.identity.keys import EMAIL, NAMED, address_of, addresses_of
from closeloop.inbox.nouns import Key
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Known, Shadow, ShadowKey, is_gone, records_of
from closeloop.outbox.stale import NOT_NEEDED, orphans
from closeloop.outbox.store import unsent
from closeloop.outbox.sync import homes, written_fields
from closeloop.ports import Verb
from closeloop.process.consent import consent_fields
from closeloop.process.nouns import Process
from closeloop.record import store as record_store
from closeloop.record.nouns import Winner, Winners
from closeloop.steps.batch import Batch
from closeloop.steps.dossier import Dossier
from closeloop.steps.passing import drop
from closeloop.words.normal import comparable

_EMAIL = ("person", "email")


def taken_by_others(batch: Batch, people: Iterable[Dossier]) -> dict[str, frozenset[str]]:
    """Person → the marketing systems that have somebody else's record for the address whose holder the person is."""
    marketing = homes(batch.process)
    addresses = {person.id: address for person in people if (address := _held_without_record(person, marketing))}
    sharers = identity_store.sharing(batch.connection, sorted(set(addresses.values())))
    roots = identity_store.roots_of(batch.connection, {entity for _, entity in sharers}) if sharers else {}
    keys = identity_store.crosswalk(batch.connection, roots.values()) if roots else {}
    records = {root: _records(found, marketing) for root, found in keys.items()}
    shadows = outbox_store.load_shadows(batch.connection, [key for found in records.values() for key in found])
    taken: dict[str, set[tuple[str, str]]] = {}
    for shared, entity in sharers:
        address, root = address_of(shared), roots[entity]
        found = _with_address(batch.process, records.get(root, ()), shadows, address)
        taken.setdefault(address, set()).update((source, root) for source in found)
    return {
        id_: frozenset(source for source, root in taken.get(address, ()) if root != id_)
        for id_, address in addresses.items()
    }


def refused_beside(batch: Batch, people: Iterable[Dossier]) -> dict[str, Winners]:
    """Person with a record in marketing → consent that somebody else refuses who shares an address of theirs.

    What marketing sends goes to the address, whosever record it is.
    """
    consent, marketing = consent_fields(batch.process), homes(batch.process)
    theirs = {person.id: addresses_of(person.keys) for person in people if _records(person.keys, marketing)}
    found = identity_store.at_addresses(batch.connection, sorted(set(chain.from_iterable(theirs.values()))))
    roots = identity_store.roots_of(batch.connection, {entity for _, entity in found} - theirs.keys()) if found else {}
    at: dict[str, set[str]] = {}
    for address, entity in found:
        at.setdefault(address, set()).add(roots.get(entity, entity))
    beside = {
        id_: set[str]().union(*(at.get(each, ()) for each in addresses)) - {id_} for id_, addresses in theirs.items()
    }
    others = sorted(set(chain.from_iterable(beside.values())))
    winners = record_store.load_winners(batch.connection, others) if others and consent else {}
    no = {
        root: {name: one for name, one in held.items() if name in consent and one.value is True}
        for root, held in winners.items()
    }
    return {id_: refused for id_, roots_beside in beside.items() if (refused := _together(no, sorted(roots_beside)))}


def sharers_of(batch: Batch, roots: Collection[str]) -> set[str]:
    """Everybody (roots) who shares an address with one of these, themselves included."""
    keys = identity_store.crosswalk(batch.connection, roots) if roots else {}
    addresses = sorted({each for theirs in keys.values() for each in addresses_of(theirs)})
    entities = {entity for _, entity in identity_store.at_addresses(batch.connection, addresses)}
    return set(identity_store.roots_of(batch.connection, entities).values()) if entities else set()


def drop_overwriting(batch: Batch, people: Iterable[Dossier]) -> None:
    """What waits to be made for a holder is dropped where one of these, who share their address, has a record for it.

    Else marketing, which finds records by their address, would write the holder over them.
    """
    marketing = homes(batch.process)
    sharing = [(person, key) for person in people for key in _shared(person.keys) if _records(person.keys, marketing)]
    holders = {key: batch.known.holders.get(Key(EMAIL, address_of(key))) for _, key in sharing}
    roots = {entity: batch.root(entity) for entity in holders.values() if entity is not None}
    undone = unsent.load_unanswered(batch.connection, roots.values()) if roots else {}
    if not any(each.planned.command.verb is Verb.CREATE for theirs in undone.values() for each in theirs):
        return
    records = {person.id: _records(person.keys, marketing) for person, _ in sharing}
    shadows = outbox_store.load_shadows(batch.connection, [key for found in records.values() for key in found])
    found: dict[str, str] = {}
    for person, key in sharing:
        root = roots.get(holders[key] or "", person.id)
        sources = _with_address(batch.process, records[person.id], shadows, address_of(key))
        found |= {
            each.planned.command.key: f"{NOT_NEEDED}: {each.planned.source} has the record of somebody who shares it"
            for each in (undone.get(root, ()) if root != person.id else ())
            if each.planned.command.verb is Verb.CREATE and each.planned.source in sources
        }
    drop(batch, found)
    unmade = found.keys() - batch.sent
    nobody = [orphans(theirs, unmade, Known(root, (), {}, {}, {}, {}))[1] for root, theirs in undone.items()]
    drop(batch, {key: why for each in nobody for key, why in each.items()})


def _together(no: Mapping[str, Winners], roots: Iterable[str]) -> dict[str, Winner]:
    found: dict[str, Winner] = {}
    for root in roots:
        found |= no.get(root, {})
    return found


def _held_without_record(person: Dossier, marketing: frozenset[str]) -> str | None:
    """The address that is the person's by its key, where one of these systems knows no record of theirs."""
    email = person.winners.get("email")
    if email is None or not email.valid or Key(EMAIL, str(email.value)) not in person.keys:
        return None
    return str(email.value) if marketing - {source for source, _, _ in _records(person.keys, marketing)} else None


def _shared(keys: Sequence[Key]) -> list[Key]:
    """Keys of address and name, of addresses that somebody else holds."""
    return [key for key in keys if key.kind == NAMED and Key(EMAIL, address_of(key)) not in keys]


def _records(keys: Sequence[Key], marketing: frozenset[str]) -> list[ShadowKey]:
    return [record for record in records_of(keys) if record[0] in marketing]


def _with_address(
    process: Process, records: Collection[ShadowKey], shadows: dict[ShadowKey, Shadow], address: str
) -> frozenset[str]:
    """The systems of those records that live and have the address, as far as is known."""
    return frozenset(key[0] for key in records if _holds(process, key, shadows.get(key), address))


def _holds(process: Process, key: ShadowKey, shadow: Shadow | None, address: str) -> bool:
    if shadow is None or is_gone(shadow):
        return False
    names = [name for name, rule in written_fields(process, key[0], key[1]) if (rule.entity, rule.name) == _EMAIL]
    return any(comparable("email", shadow.get(name)) == comparable("email", address) for name in names)

"""Whose is each message? Strong keys decide; two people who each have an address are never merged by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from closeloop.identity.nouns import Attributed, Born, Claim, Known, Merge, Visit
from closeloop.inbox.nouns import Key, Message
from closeloop.ports import Entity, Record
from closeloop.words import ids
from closeloop.words.normal import comparable

EMAIL, OURS, COMPANY = "email", "closeloop", "company"
LONGEST_NAME = 200
"""Characters of a company's name that can be a key; a longer text is no name."""


def keys_of(messages: Iterable[Message], company_paths: frozenset[str]) -> set[Key]:
    """Every key that the messages speak of, for loading what is known about them."""
    found: set[Key] = set()
    for message in messages:
        found.update(_keys(message))
        if message.record is not None:
            found.update(_reference_keys(message.source, message.record))
        company = _company(message, company_paths)
        if company is not None:
            found.add(company)
    return found


def attribute(messages: Sequence[Message], known: Known, company_paths: frozenset[str], signed: str) -> Attributed:
    """Say for each message, in order, whose it is; `known` is changed to what holds afterwards.

    Args:
        company_paths: where sources report the name of a company ("form.company", "crm.Account.Name").
        signed: the process that decides, for the merges.

    Source: the identity policy in docs/explanation/identity.md.
    """
    desk = _Desk(known, company_paths, signed)
    for message in messages:
        desk.take(message)
    return Attributed(
        desk.subject,
        desk.relations,
        tuple(desk.born),
        tuple(desk.claims),
        tuple(desk.merges),
        tuple(desk.visits),
        desk.notes,
    )


class _Desk:
    """Goes through the messages of one batch and writes down what is new."""

    def __init__(self, known: Known, company_paths: frozenset[str], signed: str) -> None:
        self.known, self.company_paths, self.signed = known, company_paths, signed
        self.kinds: dict[str, set[str]] = {}
        """Root → the kinds of the keys that it and those linked to it hold."""
        for entity, kinds in known.kinds.items():
            self.kinds.setdefault(self._root(entity), set()).update(kinds)
        self.subject: dict[str, str] = {}
        self.relations: dict[str, dict[str, str]] = {}
        self.born: list[Born] = []
        self.claims: list[Claim] = []
        self.merges: list[Merge] = []
        self.visits: list[Visit] = []
        self.notes: dict[str, str] = {}

    def take(self, message: Message) -> None:
        kind: Entity = message.record.entity if message.record is not None else "person"
        if message.record is not None and kind in ("task", "activity"):
            self._refer(message, message.record)
            if "person" in self.relations.get(message.id, {}):
                self.subject[message.id] = self.relations[message.id]["person"]
            return
        if message.keys:
            entity = self._person(message) if kind == "person" else self._thing(message, kind)
            self.subject[message.id] = entity
            if message.visitor is not None and message.act is None:  # an act is kept as a touch, which says the same
                self.visits.append(Visit(message.visitor, message.occurred_at, entity, message.id))
        if message.record is not None:
            self._refer(message, message.record)
        self._account(message)

    def _person(self, message: Message) -> str:
        """The person whom the message speaks of; on a browser the address that was stated says who it is now."""
        held = {key: self._holder(key) for key in _keys(message)}
        addresses = [key for key in held if key.kind == EMAIL]
        if message.kind == "event" and addresses:
            email = addresses[0]
            if len(addresses) > 1:
                self.notes[message.id] = f"names {len(addresses)} addresses: taken by {email.value}, the one stated"
                held = {email: held[email]}
            elif held[email] is None and any(EMAIL in self.kinds.get(owner, ()) for owner in self._owners(held)):
                # A second address on somebody's session is somebody else until a system of record says otherwise.
                self.notes[message.id] = (
                    f"{email.value} is new on the session of somebody who has an address: taken as another person"
                )
                held = {email: None}
        return self._settled(message, "person", held)

    def _thing(self, message: Message, kind: Entity) -> str:
        """The account, opportunity or campaign with the vendor's id; an account may be known by its name already."""
        held = {key: self._holder(key) for key in _keys(message)}
        company = _company(message, self.company_paths) if kind == "account" else None
        if company is not None:
            named = self._holder(company)
            # Two records of one vendor with one name are two accounts.
            if named is None or message.keys[0].kind not in self.kinds.get(self._root(named), ()):
                held[company] = named
        return self._settled(message, kind, held)

    def _settled(self, message: Message, kind: Entity, held: Mapping[Key, str | None]) -> str:
        """The one that holds these keys, brought together from several where that may be, new where nobody does."""
        owners = self._owners(held)
        apart = self._apart(message, owners, held)
        if apart is not None:
            return self._set_apart(message, held, apart)
        for other in owners[1:]:
            self._merge(kind, owners[0], other, message, held)
        entity = next((holder for holder in held.values() if holder is not None), None)
        if entity is None:
            entity = self._bear(message, kind, next(iter(held)))
        for key in held:
            self._claim(key, entity, message)
        return entity

    def _apart(self, message: Message, owners: Sequence[str], held: Mapping[Key, str | None]) -> str | None:
        """Why these are not brought together; None when they may be."""
        addressed = {owner for owner in owners if EMAIL in self.kinds.get(owner, ())}
        stated = {self._root(holder) for key in _one_record(message) if (holder := held.get(key)) is not None}
        if len(addressed) > 1 and not addressed <= stated:
            return "its keys belong to two people who each have an address of their own: not merged"
        undone = {tuple(sorted((self._root(one), self._root(other)))) for one, other in self.known.blocked}
        if any(pair in undone for pair in combinations(owners, 2)):
            return "its keys belong to two whose merge somebody has undone: not merged again"
        return None

    def _set_apart(self, message: Message, held: Mapping[Key, str | None], why: str) -> str:
        """Its own: on a browser the holder of the address, of a record the holder of its strongest key."""
        holders = [(key, holder) for key, holder in held.items() if holder is not None]
        if message.kind == "event":
            holders.sort(key=lambda each: each[0].kind != EMAIL)
        key, entity = holders[0]
        self.notes[message.id] = f"{why}, taken by {key.kind}"
        if message.record is not None:
            self._claim(message.keys[0], entity, message)
        return entity

    def _refer(self, message: Message, record: Record) -> None:
        """Resolve what a record points to; what is not known yet gets its entity now, so order does not matter."""
        found = self.relations.setdefault(message.id, {})
        for name, ref in record.refs.items():
            if name == "owner":
                continue
            key = Key(f"{message.source}.{ref.object}", ref.id)
            holder = self._holder(key)
            if holder is None:
                holder = self._bear(message, _entity_kind(name), key)
                self._claim(key, holder, message)
            found[name] = holder

    def _account(self, message: Message) -> None:
        """A company named by a person becomes their account."""
        if message.record is not None and message.record.entity != "person":
            return
        company = _company(message, self.company_paths)
        if company is None or message.id not in self.subject or "account" in self.relations.get(message.id, {}):
            return
        holder = self._holder(company)
        if holder is None:
            holder = self._bear(message, "account", company)
            self._claim(company, holder, message)
        self.relations.setdefault(message.id, {})["account"] = holder

    def _holder(self, key: Key) -> str | None:
        if key.kind == OURS:
            return key.value if key.value in self.known.roots else None
        return self.known.holders.get(key)

    def _root(self, entity: str) -> str:
        return self.known.roots.get(entity, entity)

    def _owners(self, held: Mapping[Key, str | None]) -> list[str]:
        """The roots that hold these keys; ids sort by time, so the oldest, which survives a merge, comes first."""
        return sorted({self._root(entity) for entity in held.values() if entity is not None})

    def _bear(self, message: Message, kind: Entity, key: Key) -> str:
        entity = ids.derive(message.received_at, kind, str(key))
        self.known.roots[entity] = entity
        self.born.append(Born(entity, kind, message.received_at, message.id))
        return entity

    def _claim(self, key: Key, entity: str, message: Message) -> None:
        if key.kind == OURS or key in self.known.holders:
            return
        self.known.holders[key] = entity
        self.kinds.setdefault(self._root(entity), set()).add(key.kind)
        self.claims.append(Claim(key, entity, message.received_at, message.id))

    def _merge(self, kind: Entity, survivor: str, loser: str, message: Message, held: Mapping[Key, str | None]) -> None:
        names = ", ".join(str(key) for key, entity in held.items() if entity is not None)
        self.merges.append(
            Merge(
                ids.derive(message.received_at, "merge", survivor, loser),
                kind,
                survivor,
                loser,
                message.received_at,
                self.signed,
                f"one message carries keys of both: {names}",
                message.id,
            )
        )
        self.kinds.setdefault(survivor, set()).update(self.kinds.pop(loser, ()))
        for entity, root in self.known.roots.items():
            if root == loser:
                self.known.roots[entity] = survivor


def _keys(message: Message) -> tuple[Key, ...]:
    """The message's own keys, and the id under which a converted or merged record lives on."""
    return (*message.keys, *_one_record(message)[1:])


def _one_record(message: Message) -> tuple[Key, ...]:
    """A record's own id and the first of `became`: the vendor itself says that the two are one."""
    record = message.record
    if record is None or not record.became:
        return ()
    first = record.became[0]
    return Key(f"{message.source}.{record.object}", record.id), Key(f"{message.source}.{first.object}", first.id)


def _reference_keys(source: str, record: Record) -> Iterable[Key]:
    return (Key(f"{source}.{ref.object}", ref.id) for name, ref in record.refs.items() if name != "owner")


def _company(message: Message, company_paths: frozenset[str]) -> Key | None:
    """The company that a message names, as a key: by the first value reported for an account's company."""
    for reported in message.values:
        if reported.path in company_paths and isinstance(reported.value, str):
            name = comparable("company", reported.value)
            return Key(COMPANY, name) if name and len(name) <= LONGEST_NAME else None
    return None


def _entity_kind(relation: str) -> Entity:
    match relation:
        case "account" | "opportunity" | "campaign":
            return relation
        case _:
            return "person"

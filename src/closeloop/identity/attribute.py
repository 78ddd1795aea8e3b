"""Whose is each message? Strong keys decide; two people who each have an address are never merged by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from closeloop.identity.nouns import Attributed, Born, Claim, Known, Merge, Visit
from closeloop.inbox.nouns import Key, Message
from closeloop.ports import Entity, Record
from closeloop.words import ids
from closeloop.words.normal import comparable

EMAIL, OURS, COMPANY = "email", "closeloop", "company"


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
        """The owner of the message's keys; new when nobody holds any of them."""
        held = {key: self._holder(key) for key in _keys(message)}
        owners = list(dict.fromkeys(self._root(entity) for entity in held.values() if entity is not None))
        email = next((key for key in message.keys if key.kind == EMAIL), None)
        if not owners:
            entity = self._bear(message, "person", message.keys[0])
        elif len(owners) == 1:
            entity = next(entity for entity in held.values() if entity is not None)
            if email is not None and held[email] is None and message.kind == "event" and self._addressed(owners[0]):
                # A second address on somebody's session is somebody else until a system of record says otherwise.
                self.notes[message.id] = (
                    f"{email.value} is new on the session of somebody who has an address: taken as another person"
                )
                entity = self._bear(message, "person", email)
                self._claim(email, entity, message)
                return entity
        else:
            return self._several(message, owners, held, email)
        for key, holder in held.items():
            if holder is None and key.kind != OURS:
                self._claim(key, entity, message)
        return entity

    def _several(self, message: Message, owners: list[str], held: dict[Key, str | None], email: Key | None) -> str:
        """Keys of different people in one message: merged unless that could tie two real people together."""
        first, *others = sorted(owners)  # ids sort by time: the older one survives
        for other in others:
            if self._addressed(first) and self._addressed(other):
                keep = (
                    email
                    if email is not None and message.kind == "event" and held[email] is not None
                    else message.keys[0]
                )
                entity = held[keep] or next(holder for holder in held.values() if holder is not None)
                self.notes[message.id] = (
                    "its keys belong to two people who each have an address of their own: not merged, taken by "
                    + keep.kind
                )
                return entity
            if (first, other) in self.known.blocked:
                self.notes[message.id] = (
                    "its keys belong to two people whose merge somebody has undone: not merged again"
                )
                return next(holder for holder in held.values() if holder is not None)
            self._merge(first, other, message, held)
        entity = next(holder for holder in held.values() if holder is not None)
        for key, holder in held.items():
            if holder is None and key.kind != OURS:
                self._claim(key, entity, message)
        return entity

    def _thing(self, message: Message, kind: Entity) -> str:
        """The account, opportunity or campaign with the vendor's id; an account may be known by its name already."""
        for key in message.keys:
            holder = self._holder(key)
            if holder is not None:
                return holder
        company = _company(message, self.company_paths) if kind == "account" else None
        named = self._holder(company) if company is not None else None
        if named is not None and not any(
            key.kind == message.keys[0].kind and entity == named for key, entity in self.known.holders.items()
        ):
            entity = named
        else:
            entity = self._bear(message, kind, message.keys[0])
            if company is not None and named is None:
                self._claim(company, entity, message)
        for key in message.keys:
            if key.kind != OURS:
                self._claim(key, entity, message)
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

    def _addressed(self, root: str) -> bool:
        return any(self._root(entity) == root for entity in self.known.has_email)

    def _bear(self, message: Message, kind: Entity, key: Key) -> str:
        entity = ids.derive(message.received_at, kind, str(key))
        self.known.roots[entity] = entity
        self.born.append(Born(entity, kind, message.received_at, message.id))
        return entity

    def _claim(self, key: Key, entity: str, message: Message) -> None:
        if key in self.known.holders:
            return
        self.known.holders[key] = entity
        if key.kind == EMAIL:
            self.known.has_email.add(entity)
        self.claims.append(Claim(key, entity, message.received_at, message.id))

    def _merge(self, survivor: str, loser: str, message: Message, held: dict[Key, str | None]) -> None:
        names = ", ".join(str(key) for key, entity in held.items() if entity is not None)
        self.merges.append(
            Merge(
                ids.derive(message.received_at, "merge", survivor, loser),
                "person",
                survivor,
                loser,
                message.received_at,
                self.signed,
                f"one message carries keys of both: {names}",
                message.id,
            )
        )
        for entity, root in self.known.roots.items():
            if root == loser:
                self.known.roots[entity] = survivor


def _keys(message: Message) -> tuple[Key, ...]:
    """The message's own keys, and the id under which a converted or merged record lives on: the first of `became`."""
    record = message.record
    if record is None or not record.became:
        return message.keys
    return (*message.keys, Key(f"{message.source}.{record.became[0].object}", record.became[0].id))


def _reference_keys(source: str, record: Record) -> Iterable[Key]:
    return (Key(f"{source}.{ref.object}", ref.id) for name, ref in record.refs.items() if name != "owner")


def _company(message: Message, company_paths: frozenset[str]) -> Key | None:
    """The company that a message names, as a key: by the first value reported for an account's company."""
    for reported in message.values:
        if reported.path in company_paths and isinstance(reported.value, str):
            name = comparable("company", reported.value)
            return Key(COMPANY, name) if name else None
    return None


def _entity_kind(relation: str) -> Entity:
    match relation:
        case "account" | "opportunity" | "campaign":
            return relation
        case _:
            return "person"

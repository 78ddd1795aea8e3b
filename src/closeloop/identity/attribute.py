"""Whose is each message? Strong keys decide; two people who each have an address are never merged by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from closeloop.identity.accounts import Links
from closeloop.identity.employer import read_employer
from closeloop.identity.keys import (
    ADDRESSES,
    EMAIL,
    NAMED,
    NAMED_COMPANY,
    OURS,
    address_of,
    company_key,
    entity_kind,
    one_record,
    own_keys,
)
from closeloop.identity.mailbox import Mailbox, is_shared, key_at
from closeloop.identity.nouns import Attributed, Born, Claim, Doubt, Known, Merge, Policy, Visit
from closeloop.identity.traits import Folded, fold, name_of, stated
from closeloop.inbox.nouns import Key, Message
from closeloop.matching.companies import AccountMatch
from closeloop.matching.companies_weigh import Wanted
from closeloop.matching.nouns import Given
from closeloop.ports import Record
from closeloop.words import ids


def attribute(messages: Sequence[Message], known: Known, policy: Policy) -> Attributed:
    """Say for each message, in order, whose it is; `known` is changed to what holds afterwards.

    Source: the identity policy in docs/explanation/identity.md.
    """
    desk = _Desk(known, policy)
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
        tuple(desk.doubts),
        desk.restated,
        frozenset(desk.confirmed - desk.restated.keys()),
        desk.inferred,
    )


class _Desk:
    """Goes through the messages of one batch and writes down what is new."""

    def __init__(self, known: Known, policy: Policy) -> None:
        self.known, self.policy = known, policy
        self.kinds: dict[str, set[str]] = {}
        """Root → the kinds of the keys that it and those linked to it hold."""
        for entity, kinds in known.kinds.items():
            self.kinds.setdefault(self._root(entity), set()).update(kinds)
        self.members: dict[str, set[str]] = {}
        for entity, root in known.roots.items():
            self.members.setdefault(root, set()).add(entity)
        self.accounts, self.links = known.accounts, Links(self._root, self._linked)
        self.inferred: dict[str, str] = {}
        self.subject: dict[str, str] = {}
        self.relations: dict[str, dict[str, str]] = {}
        self.born: list[Born] = []
        self.claims: list[Claim] = []
        self.merges: list[Merge] = []
        self.visits: list[Visit] = []
        self.notes: dict[str, str] = {}
        self.doubts: list[Doubt] = []
        self.restated: dict[str, str] = {}
        self.confirmed: set[str] = set()

    def take(self, message: Message) -> None:
        kind = message.entity
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
        said = stated(message, self.policy.trait_paths)
        held = {key: self._holder(key) for key in self._keys_by_name(message, name_of(said))}
        addresses = [key for key in held if key.kind in ADDRESSES]
        if message.kind == "event" and addresses:
            email = addresses[0]
            if len(addresses) > 1:
                self.notes[message.id] = f"names {len(addresses)} addresses: taken by {email.value}, the one stated"
                held = {email: held[email]}
            elif held[email] is None and any(self._has_address(owner) for owner in self._owners(held)):
                # A second address on somebody's session is somebody else until a system of record says otherwise.
                self.notes[message.id] = (
                    f"{email.value} is new on the session of somebody who has an address: taken as another person"
                )
                held = {email: None}
        doubts = [key for key, holder in held.items() if key.kind == NAMED and holder is None]
        entity = self._settled(message, "person", held)
        for key in doubts:
            self._doubt(key, entity, message)
        if said:
            match fold(self.known.stated.setdefault(entity, {}), said, message):
                case Folded.CHANGED:
                    self.restated[entity] = message.id
                case Folded.CONFIRMED:
                    self.confirmed.add(entity)
        return entity

    def _keys_by_name(self, message: Message, name: Given) -> Iterator[Key]:
        """The message's keys; an address whose holder goes by another name stands together with the name."""
        keys = own_keys(message)
        for key in keys:
            holder = self.known.holders.get(key) if key.kind == EMAIL else None
            if holder is None or name == Given() or self._is_record_of(message, keys, self._root(holder)):
                yield key
            else:
                yield key_at(self._mailbox(key, holder), name, self.policy.bundle)

    def _is_record_of(self, message: Message, keys: Sequence[Key], root: str) -> bool:
        """Whether an id of a system of record, which is stronger than any name, says that it is theirs."""
        if message.record is None:
            return False
        holders = (self._holder(key) for key in keys if key.kind not in ADDRESSES)
        return any(holder is not None and self._root(holder) == root for holder in holders)

    def _mailbox(self, key: Key, holder: str) -> Mailbox:
        sharers = self.known.named.get(key.value, {})
        return Mailbox(key, self._names(holder), [(each, self._names(sharers[each])) for each in sorted(sharers)])

    def _names(self, entity: str) -> list[Given]:
        """The names by which somebody is known, over all that are linked to them."""
        linked = sorted(self.members.get(self._root(entity), {entity}))
        return [
            name_of({field: said for field, (_, said) in self.known.stated.get(each, {}).items()}) for each in linked
        ]

    def _doubt(self, key: Key, entity: str, message: Message) -> None:
        address = Key(EMAIL, address_of(key))
        holder = self.known.holders.get(address)
        if holder is None or self._root(holder) == self._root(entity):
            return
        self.notes.setdefault(message.id, f"{address.value} is known by another name: taken as another person")
        # Colleagues who read one mailbox need nobody's judgement.
        if not is_shared(self._mailbox(address, holder)):
            self.doubts.append(Doubt(holder, entity, "one address, first names that disagree: related?", message.id))

    def _has_address(self, root: str) -> bool:
        return not self.kinds.get(root, set()).isdisjoint(ADDRESSES)

    def _thing(self, message: Message, kind: str) -> str:
        """The account, deal, campaign or purchase with the vendor's id; an account may be known by its name already."""
        held = {key: self._holder(key) for key in own_keys(message)}
        company = company_key(message, self.policy.company_paths) if kind == "account" else None
        if company is not None:
            named = self._holder(company)
            # Two records of one vendor with one name are two accounts.
            if named is None or message.keys[0].kind not in self.kinds.get(self._root(named), ()):
                held[company] = named
        entity = self._settled(message, kind, held)
        if kind == "account":
            self.accounts.hear_record(entity, read_employer(message, self.policy), message)
        return entity

    def _settled(self, message: Message, kind: str, held: Mapping[Key, str | None]) -> str:
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
        addressed = {owner for owner in owners if self._has_address(owner)}
        stated = {self._root(holder) for key in one_record(message) if (holder := held.get(key)) is not None}
        if len(addressed) > 1 and not addressed <= stated:
            return "its keys belong to two people who each have an address of their own: not merged"
        told_apart = {tuple(sorted((self._root(one), self._root(other)))) for one, other in self.known.blocked}
        if any(pair in told_apart for pair in combinations(owners, 2)):
            return "its keys belong to two whom somebody told apart: not merged"
        return None

    def _set_apart(self, message: Message, held: Mapping[Key, str | None], why: str) -> str:
        """Its own: on a browser the holder of the address, of a record the holder of its strongest key."""
        holders = [(key, holder) for key, holder in held.items() if holder is not None]
        if message.kind == "event":
            holders.sort(key=lambda each: each[0].kind not in ADDRESSES)
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
                holder = self._bear(message, entity_kind(name), key)
                self._claim(key, holder, message)
            found[name] = holder

    def _account(self, message: Message) -> None:
        """A person belongs to the account that a record, the domain of their mail or their company's name says."""
        person = self.subject.get(message.id)
        if person is None or message.entity != "person":
            return
        wanted = read_employer(message, self.policy)
        account = self.relations.get(message.id, {}).get("account")
        if account is not None:
            self.accounts.hear_person(account, wanted, person, message, of_record=True)
            return
        account, match = self.accounts.settled(wanted, self.links)
        company = company_key(message, self.policy.company_paths)
        if company is None or not wanted.company:
            # What was written for a name ("n/a") must not become that of an account without a better one.
            if account is None or (company is not None and not self._is_kept(account)):
                return
            self.inferred[message.id] = f"account by {match.why}"
        elif account is None:
            account = self._named(message, company, wanted, match)
        elif self._holder(company) != account or self._is_kept(account):
            self.notes.setdefault(message.id, f"account by {match.why}")
        self.accounts.hear_person(account, wanted, person, message, of_record=False)
        self.relations.setdefault(message.id, {})["account"] = account

    def _named(self, message: Message, company: Key, wanted: Wanted, match: AccountMatch) -> str:
        """The account of that name, new where there is none; a claim of its own where several accounts may be meant."""
        holder = self._holder(company)
        if holder is not None and match.band == "ask" and self._is_kept(holder):
            self.notes.setdefault(message.id, f"which account is a question: {match.why}")
            holder, company = self.accounts.named(wanted), Key(NAMED_COMPANY, company.value)
        if holder is None:
            holder = self._bear(message, "account", company)
            self._claim(company, holder, message)
        self.accounts.hear_name(holder, wanted, message)
        return holder

    def _is_kept(self, account: str) -> bool:
        return self.accounts.is_kept(self._linked(self._root(account)))

    def _linked(self, root: str) -> set[str]:
        return self.members.get(root, {root})

    def _holder(self, key: Key) -> str | None:
        if key.kind == OURS:
            return key.value if key.value in self.known.roots else None
        return self.known.holders.get(key)

    def _root(self, entity: str) -> str:
        return self.known.roots.get(entity, entity)

    def _owners(self, held: Mapping[Key, str | None]) -> list[str]:
        """The roots that hold these keys; ids sort by time, so the oldest, which survives a merge, comes first."""
        return sorted({self._root(entity) for entity in held.values() if entity is not None})

    def _bear(self, message: Message, kind: str, key: Key) -> str:
        entity = ids.derive(message.received_at, kind, str(key))
        self.known.roots[entity] = entity
        self.members[entity] = {entity}
        self.born.append(Born(entity, kind, message.received_at, message.id))
        return entity

    def _claim(self, key: Key, entity: str, message: Message) -> None:
        if key.kind == OURS or key in self.known.holders:
            return
        self.known.holders[key] = entity
        if key.kind == NAMED:
            self.known.named.setdefault(address_of(key), {})[key] = entity
        self.kinds.setdefault(self._root(entity), set()).add(key.kind)
        self.claims.append(Claim(key, entity, message.received_at, message.id))

    def _merge(self, kind: str, survivor: str, loser: str, message: Message, held: Mapping[Key, str | None]) -> None:
        names = ", ".join(str(key) for key, entity in held.items() if entity is not None)
        self.merges.append(
            Merge(
                ids.derive(message.received_at, "merge", survivor, loser),
                kind,
                survivor,
                loser,
                message.received_at,
                self.policy.signed,
                f"one message carries keys of both: {names}",
                message.id,
            )
        )
        self.kinds.setdefault(survivor, set()).update(self.kinds.pop(loser, ()))
        moved = self.members.pop(loser, set())
        self.members.setdefault(survivor, set()).update(moved)
        self.known.roots.update(dict.fromkeys(moved, survivor))

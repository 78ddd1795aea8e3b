"""Accounts as they are looked up: what each is called and where its people's mail lives, behind block keys.

Accounts that a system keeps go before those that only people named. What people named is linked to another account or
asked about; two that systems keep are never joined by likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from closeloop.inbox.nouns import Message
from closeloop.matching.companies import AccountMatch, account_keys, choose_account, is_settled
from closeloop.matching.companies_keys import label_of
from closeloop.matching.companies_names import company_name, compare_names
from closeloop.matching.companies_ties import Account, TieBreaker
from closeloop.matching.companies_weigh import Grade, Wanted
from closeloop.words.moment import to_us

ENOUGH_PEOPLE = 2
"""So many people of an account, by a system's word, make a domain its own that is not called like it."""
MOST_KEPT = 20
"""Names and domains of one account that are kept."""
_CALLED_LIKE = frozenset({"equal", "alike", "close", "part", "initials"})


class Links(NamedTuple):
    """Who is linked to whom: entity → root, root → those linked to it."""

    root_of: Callable[[str], str]
    members_of: Callable[[str], Iterable[str]]


@dataclass(slots=True)
class Said:
    """What was said of one account, of its own entity.

    Attributes:
        names: as it was called, in the order in which that came.
        domains: registrable domains that are its own.
        country: alpha-2.
        seen: domain → the first people of it whose mail lives there.
    """

    names: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    country: str | None = None
    seen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Under which it is looked up."""
        return account_keys(Account("", tuple(self.names), tuple(self.domains))) if self.names or self.domains else ()

    def wanted(self) -> Wanted:
        """As somebody says it who looks for an account: by the first name and domain."""
        domain = next(iter((*self.domains, *self.seen)), None)
        return Wanted(self.names[0] if self.names else "", domain, self.country)


class AccountBook:
    """The accounts that one batch may speak of, as they stand; it learns from message to message.

    Attributes:
        said: entity → what was said of it.
        records: entity → how many records systems have of it; none of one that only people named.
        changed: entity → the message that last changed what is said of it.
        n_people: root → people who belong to it, where a tie-breaker asks.
    """

    def __init__(self, ties: Sequence[TieBreaker] = ()) -> None:
        self.ties = tuple(ties)
        self.said: dict[str, Said] = {}
        self.records: dict[str, int] = {}
        self.changed: dict[str, str] = {}
        self.n_people: Mapping[str, int] = {}
        self._created: dict[str, int] = {}
        self._behind: dict[str, set[str]] = {}

    def add(self, entity: str, said: Said, created: int, n_records: int) -> None:
        """One account as the database has it; what the book has of it already stays."""
        if entity not in self.said:
            self.said[entity], self.records[entity], self._created[entity] = said, n_records, created
            self._index(entity)

    def hear_record(self, entity: str, wanted: Wanted, message: Message) -> None:
        """A system's own record of an account."""
        self.records[entity] = max(1, self.records.get(entity, 0))
        self._learn(entity, wanted.company, wanted.domain, wanted.country, message)

    def hear_name(self, entity: str, wanted: Wanted, message: Message) -> None:
        """Somebody named it, and no system did."""
        self._learn(entity, wanted.company, None, None, message)

    def hear_person(self, entity: str, wanted: Wanted, person: str, message: Message, *, of_record: bool) -> None:
        """Somebody of this account has their mail at a domain; when it counts as the account's own, it is learned.

        Args:
            of_record: a system says that they belong to it, so it is one that a system keeps.
        """
        if of_record:
            self.records[entity] = max(1, self.records.get(entity, 0))
        domain, said = wanted.domain, self.said.setdefault(entity, Said())
        if domain is None or domain in said.domains:
            return
        people = said.seen.get(domain, [])
        if person not in people and len(people) < ENOUGH_PEOPLE and len(said.seen) < MOST_KEPT:
            people = said.seen[domain] = [*people, person]
            self._note(entity, message)
        if (of_record and len(people) >= ENOUGH_PEOPLE) or is_called_like(domain, said.names):
            self._learn(entity, "", domain, None, message)

    def is_kept(self, entities: Iterable[str]) -> bool:
        """Whether a system has a record of one of these."""
        return any(self.records.get(entity) for entity in entities)

    def behind(self, keys: Iterable[str]) -> set[str]:
        """The entities that hold one of these keys."""
        return {entity for key in keys for entity in self._behind.get(key, ())}

    def choose(self, wanted: Wanted, keys: Iterable[str], links: Links, apart: Collection[str] = ()) -> AccountMatch:
        """The account behind these keys, by its root: of those that systems keep, else of those that people named.

        Args:
            apart: roots that are out of the question.
        """
        roots = sorted({links.root_of(entity) for entity in self.behind(keys)}.difference(apart))
        kept = [root for root in roots if self.is_kept(links.members_of(root))]
        match = choose_account(wanted, [self.account(root, links) for root in kept], self.ties)
        if match.band != "none" or len(kept) == len(roots):
            return match
        others = [self.account(root, links) for root in roots if root not in kept]
        named = choose_account(wanted, others, self.ties)
        if named.account_id is not None and named.candidates[0].grade == Grade.DOMAIN_BUT_NAME:
            return AccountMatch(None, "ask", "the domain is that of an account by another name", named.candidates)
        return match if named.band == "none" and match.candidates else named

    def settled(self, wanted: Wanted, links: Links) -> tuple[str | None, AccountMatch]:
        """The account that domain or name says beyond doubt, as the entity to relate to; None when nothing does so.

        Of those linked it is the one of that name, so that a link undone gives it back what was said of it.
        """
        match = self.choose(wanted, wanted.strong_keys, links)
        if match.account_id is None or not is_settled(match):
            return None, match
        of_name = (each for each in self._of_name(wanted) if links.root_of(each) == match.account_id)
        return min(of_name, default=match.account_id), match

    def named(self, wanted: Wanted) -> str | None:
        """The oldest account of that name that no system keeps by itself."""
        return min((each for each in self._of_name(wanted) if not self.records.get(each)), default=None)

    def account(self, root: str, links: Links) -> Account:
        """All that are linked to a root, as one account."""
        members = sorted({root, *links.members_of(root)})
        said = [self.said[member] for member in members if member in self.said]
        facts = {"records": float(sum(self.records.get(member, 0) for member in members))}
        created = [self._created[member] for member in members if member in self._created]
        facts |= {"created": float(min(created))} if created else {}
        facts |= {"people": float(self.n_people[root])} if root in self.n_people else {}
        return Account(
            root,
            tuple(dict.fromkeys(name for each in said for name in each.names)),
            tuple(dict.fromkeys(domain for each in said for domain in each.domains)),
            next((each.country for each in said if each.country), None),
            facts=facts,
        )

    def _of_name(self, wanted: Wanted) -> set[str]:
        return self.behind(key for key in wanted.strong_keys if key.startswith("name:"))

    def _learn(self, entity: str, name: str, domain: str | None, country: str | None, message: Message) -> None:
        said = self.said.setdefault(entity, Said())
        is_new = False
        for value, known in ((name, said.names), (domain, said.domains)):
            if value and value not in known and len(known) < MOST_KEPT:
                known.append(value)
                is_new = True
        if country and country != said.country:
            said.country = country
            is_new = True
        if is_new:
            self._index(entity)
            self._note(entity, message)

    def _note(self, entity: str, message: Message) -> None:
        self._created.setdefault(entity, to_us(message.received_at))
        self.changed[entity] = message.id

    def _index(self, entity: str) -> None:
        for key in self.said[entity].keys:
            self._behind.setdefault(key, set()).add(entity)


def is_called_like(domain: str, names: Iterable[str]) -> bool:
    """Whether the domain is called like one of these names: "acme.example" like "Acme Robotics GmbH"."""
    label = company_name(label_of(domain))
    return any(compare_names(label, company_name(name)).relation in _CALLED_LIKE for name in names)

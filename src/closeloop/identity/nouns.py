"""Whom is it about: entities, the claims they hold on keys, and merges as links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from closeloop.identity.accounts import AccountBook
from closeloop.inbox.nouns import Key
from closeloop.matching.bundle import Bundle
from closeloop.matching.companies_ties import TieBreaker
from closeloop.matching.nouns import Evidence

Held = dict[str, tuple[int, str]]
"""What was stated of a person: name of a field of `matching.nouns.Given` → (moment in µs, value as it came)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """By what identity decides.

    Attributes:
        company_paths: where sources report the name of a company ("form.company", "crm.Account.Name").
        trait_paths: where they report what people are compared by: path → name of a field of `Given`.
        bundle: what compares them.
        signed: the process that decides.
        website_paths: where sources report the web site or domain of a company.
        account_ties: what chooses among accounts that match a person equally well.
    """

    company_paths: frozenset[str]
    trait_paths: Mapping[str, str]
    bundle: Bundle
    signed: str
    website_paths: frozenset[str] = frozenset()
    account_ties: tuple[TieBreaker, ...] = ()


@dataclass(frozen=True, slots=True)
class Born:
    """A new entity, and the message that brought it about. Its root is itself."""

    id: str
    kind: str
    at: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`entity_id` holds `key` from now on; a key has one holder."""

    key: Key
    entity_id: str
    at: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class Merge:
    """`loser_id` is the same as `survivor_id`: a link between two roots, which can be undone.

    Attributes:
        weight: bits, where likeness was weighed; `evidence` is what it is made of.
        pair_id: the pair that was judged; None where strong keys said so.
        snapshot: JSON, keys and winners of both as they stood before.
    """

    id: str
    kind: str
    survivor_id: str
    loser_id: str
    at: datetime
    by: str
    reason: str
    message_id: str
    weight: float | None = None
    evidence: tuple[Evidence, ...] = ()
    pair_id: str | None = None
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities that may be one; `left_id` is the older.

    Attributes:
        why: why a person is asked, or by what it was decided.
        decided_by: the process and bundle, or a person; None while it is open.
    """

    id: str
    kind: str
    left_id: str
    right_id: str
    weight: float
    state: Literal["open", "same", "different", "moot"]
    why: str
    evidence: tuple[Evidence, ...]
    bundle: str
    at: datetime
    message_id: str
    decided_at: datetime | None = None
    decided_by: str | None = None


class Doubt(NamedTuple):
    """Two that share an address, and why they are not taken for one."""

    one: str
    other: str
    why: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A person was identified on a browser at a moment."""

    visitor: str
    at: datetime
    person_id: str
    message_id: str


@dataclass(slots=True)
class Known:
    """What the database holds about the keys of one batch; `attribute` adds to holders and roots as it goes.

    Attributes:
        holders: key → the entity that holds it.
        roots: entity → the root it is linked to.
        kinds: entity → the kinds of the keys that it holds ("email": it has an address of its own).
        blocked: pairs of entities that somebody told apart, or whose merge somebody undid.
        named: address → those who share it with its holder, each by a key of address and name.
        stated: entity → what was stated of it.
        accounts: the accounts that the batch may speak of.
    """

    holders: dict[Key, str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    named: dict[str, dict[Key, str]] = field(default_factory=dict)
    stated: dict[str, Held] = field(default_factory=dict)
    accounts: AccountBook = field(default_factory=AccountBook)


@dataclass(frozen=True, slots=True)
class Attributed:
    """What identity says of one batch.

    Attributes:
        subject: message id → its own entity (absent: nobody is known, as for an unknown browser).
        relations: message id → relation → entity id: what a record points to, and the account that a form names.
        born, claims, merges, visits: what is new.
        notes: message id → why two keys were not brought together.
        doubts: who shares an address and goes by another name.
        restated: person → the message that last changed what was stated of them.
        confirmed: people of whom the same was stated as before, and later.
        inferred: message id → why its person belongs to an account that only the domain of their mail names.
    """

    subject: Mapping[str, str]
    relations: Mapping[str, Mapping[str, str]]
    born: tuple[Born, ...]
    claims: tuple[Claim, ...]
    merges: tuple[Merge, ...]
    visits: tuple[Visit, ...]
    notes: Mapping[str, str]
    doubts: tuple[Doubt, ...] = ()
    restated: Mapping[str, str] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    inferred: Mapping[str, str] = field(default_factory=dict)

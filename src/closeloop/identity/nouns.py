"""Whom is it about: entities, the claims they hold on keys, and merges as links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from closeloop.inbox.nouns import Key
from closeloop.ports import Entity


@dataclass(frozen=True, slots=True)
class Born:
    """A new entity, and the message that brought it about. Its root is itself."""

    id: str
    kind: Entity
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
    """`loser_id` is the same as `survivor_id`: a link between two roots, which can be undone."""

    id: str
    kind: Entity
    survivor_id: str
    loser_id: str
    at: datetime
    by: str
    reason: str
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
        blocked: pairs of entities whose merge somebody undid.
    """

    holders: dict[Key, str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    blocked: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Attributed:
    """What identity says of one batch.

    Attributes:
        subject: message id → its own entity (absent: nobody is known, as for an unknown browser).
        relations: message id → relation → entity id: what a record points to, and the account that a form names.
        born, claims, merges, visits: what is new.
        notes: message id → why two keys were not brought together.
    """

    subject: Mapping[str, str]
    relations: Mapping[str, Mapping[str, str]]
    born: tuple[Born, ...]
    claims: tuple[Claim, ...]
    merges: tuple[Merge, ...]
    visits: tuple[Visit, ...]
    notes: Mapping[str, str]

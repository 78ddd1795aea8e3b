"""The shapes at the ends of the road: what a connector reads, writes and answers, whoever the vendor is.

A connector is a thin client of one vendor. It knows the vendor's words and these shapes, and nothing else of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from closeloop.words.moment import Clock
from closeloop.words.verbs import Verb

__all__ = [
    "HANDOVER",
    "Answer",
    "Clock",
    "Command",
    "Connector",
    "Entity",
    "Limits",
    "Outcome",
    "Owner",
    "Pulled",
    "Record",
    "Ref",
    "Shape",
    "ShapeField",
    "Value",
    "Verb",
]

Value = str | int | float | bool | None
Entity = Literal["person", "account", "opportunity", "campaign", "role", "task", "activity", "record"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Points to a record of the vendor: its object's name and its id there."""

    object: str
    id: str


@dataclass(frozen=True, slots=True)
class Record:
    """One vendor record as it stands, or one activity as it happened.

    Attributes:
        object: the vendor's name for the kind of record: "Lead", "Contact", "Opportunity", "Task" …
        id: the vendor's id in full length.
        entity: what it is to us. A "task" is something a seller is to do or did, an "activity" what a person did, a
            "role" says that a person has part in a deal, a "record" is one of the business's own, such as a
            purchase, which the process file names.
        changed_at: the vendor's time of the change (an activity: when it happened), UTC.
        fields: the vendor's own field names, values as given; absent means unknown, None means blank.
        refs: relations under our names: "person", "account", "opportunity", "campaign", "owner".
            A "person" may be any of the vendor's person objects; "owner" is a user.
        touch: for an activity or a logged call, its name in our vocabulary ("page.viewed", "call.logged").
        our_key: the key we gave it when we made it, if we made it.
        became: records that this one turned into (conversion, merge): the ids live on under these.
        deleted: it is gone at the vendor.
        active: False when the vendor's recipe for a deactivated record applies.
    """

    object: str
    id: str
    entity: Entity
    changed_at: datetime
    fields: Mapping[str, Value] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    touch: str | None = None
    our_key: str | None = None
    became: tuple[Ref, ...] = ()
    deleted: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Pulled:
    """One page of what changed. `cursor` goes into the next call; `more` says whether to call at once."""

    records: tuple[Record, ...]
    cursor: str
    more: bool


HANDOVER = frozenset({"subject", "company", "product", "region", "campaign", "packet"})
"""Names of ours among the `fields` of a CREATE that shows a lead: each connector has its own fields for them, or none.

`done` is the other one: True in an UPDATE of a task that need not be done any more.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do at a vendor. `key` is its idempotency key and, for CREATE, the record's key there.

    Attributes:
        key: unique for ever; a retried command keeps it.
        verb: what to do.
        object: the vendor's name of the kind of record ("Lead", "Task"; for MAIL "message").
        ref: the record concerned, for all verbs but CREATE and MAIL; JOIN, LEAVE and TELL may give an e-mail instead.
        our_key: the external key a CREATE gives to the record, so that it is found again.
        fields: vendor field names and values; for JOIN, LEAVE, TELL, DEACTIVATE and MAIL the names said at `Verb`.
        refs: relations to be written, under our names ("owner", "person", "account", "opportunity"); for MERGE "loser".
        attempt: 1 the first time; more than 1 means that an earlier answer may have been lost.
    """

    key: str
    verb: Verb
    object: str
    ref: Ref | None = None
    our_key: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    attempt: int = 1


class Outcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    TRANSIENT = "transient"  # try again, not before `retry_after_seconds` if given
    PERMANENT = "permanent"  # refused: dead letter with `reason`
    CHANGED = "changed"  # the record moved (converted, merged, deleted): `became` says where, if known


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one command.

    Attributes:
        key: the command's.
        outcome: see `Outcome`.
        ref: the record made, found or changed.
        reason: in plain words, with the field, the value and what would be valid, where the vendor says so.
        retry_after_seconds: what the vendor asked for.
        created: a record was made now (False when it was found by its key).
        verified: a DEACTIVATE, REACTIVATE or MERGE was read back and stands.
        became: with CHANGED, where the record lives on.
    """

    key: str
    outcome: Outcome
    ref: Ref | None = None
    reason: str = ""
    retry_after_seconds: float | None = None
    created: bool = False
    verified: bool = False
    became: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeField:
    """One field as the vendor describes it.

    Attributes:
        required: a new record must have a value for it.
        filled: the connector or the vendor gives it one where a CREATE brings none.
    """

    name: str
    type: str
    writable: bool
    required: bool = False
    max_length: int | None = None
    allowed: tuple[str, ...] = ()
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of record that the vendor has."""

    object: str
    entity: Entity
    fields: tuple[ShapeField, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the vendor lets us do: calls left in its window, and calls allowed there (None: not told)."""

    calls_left: int | None = None
    calls_allowed: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """One who owns records at the vendor, or may own some.

    Attributes:
        id: what a record's ref "owner" points to; that of a queue is none of a seller.
        active: whether records may be given to them; a queue is always active.
        kind: a "queue" holds records until a user takes them.
        email: None where the vendor does not tell.
    """

    id: str
    name: str
    active: bool
    kind: Literal["user", "queue"] = "user"
    email: str | None = None


class Connector(Protocol):
    """Both directions to one vendor. Methods block, raise only `Transient` and `Permanent`, and are safe to repeat."""

    system: str
    """The vendor: "salesforce", "marketo", "smtp"."""

    person_objects: tuple[str, ...]
    """The vendor's objects that stand for a person, the strongest first: ("Contact", "Lead")."""

    can_merge: frozenset[str]
    """The vendor's objects of which two records can be made one; there is no way back at the vendor."""

    batch_size: int
    """How many commands it takes at once."""

    bulk_size: int
    """How many commands of one verb and object it takes at once as one bulk job; 0 where the vendor has none."""

    bulk_from: int
    """From how many waiting creates or updates of one object on the hub sends them as a bulk job by itself.

    More than `batch_size`; 0 where batches take few calls anyway, so that bulk jobs are for who asks for them.
    """

    @property
    def calls(self) -> int:
        """Requests made to the vendor by this connector since it was made, those that only log in left out."""
        ...

    def cost(self, commands: Sequence[Command]) -> int:
        """How many calls one `push` of these would make, when nothing fails; asks nobody."""
        ...

    def discover(self) -> Sequence[Shape]:
        """What kinds of records and fields there are, by the vendor's own description."""
        ...

    def owners(self) -> Sequence[Owner]:
        """Everybody who may own records, active or not; empty where the vendor, or its declaration, has no owners."""
        ...

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of what changed since `cursor` (None: from the beginning), with look-back.

        The same record may come twice; nothing that changed may be missed.

        Raises:
            Lost: the vendor no longer knows what happened since then: a full compare must heal that.
        """
        ...

    def mark(self) -> str:
        """A cursor that stands for now: pulling from it tells what changes from now on, and nothing older."""
        ...

    def objects(self) -> Sequence[str]:
        """The objects of which `scan` lists every record, those that others point to first."""
        ...

    def count(self, object_name: str) -> int | None:
        """How many living records of an object there are now; None where the vendor does not say in one call."""
        ...

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """The next page of all living records of an object, whole and each once, from the first (`after` None).

        Records made or deleted meanwhile may or may not be among them.
        """
        ...

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands, at most `batch_size` at a time: one answer for each, in order.

        A command with `attempt` > 1 that creates is read back by its key first, and one that merges by its loser.
        """
        ...

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """The records that carry these keys of ours, read now. A key that is not there is absent."""
        ...

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        """These records as they stand now, `active` judged by the recipe for deactivated ones."""
        ...

    def limits(self) -> Limits:
        """What the vendor allows and what is left; asking may cost a call, so nobody asks in a loop."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a call to our door is truly the vendor's. Vendors without webhooks answer False."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

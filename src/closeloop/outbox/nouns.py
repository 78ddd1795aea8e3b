"""A decision on its way out: the command for the vendor, and what the hub keeps about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from closeloop.inbox.nouns import Key
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.record.nouns import Winners

MAIL = "mail"
"""The connection through which mails go out."""

CommandState = Literal["waiting", "leased", "done", "dead"]
UNFINISHED: Final[tuple[CommandState, ...]] = ("waiting", "leased")
"""States of commands that may still go out: those of one person wait for each other."""
Way = Literal["usual", "bulk", "hot"]
"""How a sender sends: batches, and jobs where they pay; jobs wherever they take fewer calls; only what is hot."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A command for the connection `source`.

    Attributes:
        after: key of the command whose answer gives this one its record.
        why: the rule that brought it about, for people.
        message_id: the message that did.
        person_id: whom it is about; for a record of a company, the account.
    """

    source: str
    command: Command
    why: str
    message_id: str
    person_id: str | None = None
    lead_id: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A planned command and how far it came. `n_answers` counts what the vendor said, not how often we sent.

    Attributes:
        is_set_aside: refused, and somebody tried it again when nothing called for it; it goes out once something does.
        is_held_back: never sent, since the system sets the field back each time.
    """

    planned: Planned
    state: CommandState
    n_answers: int
    created_at: datetime
    verified: bool = False
    lane: int = 1
    is_set_aside: bool = False
    is_held_back: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an answer makes of a command."""

    key: str
    state: CommandState
    not_before: datetime
    answer_id: str | None
    reason: str | None
    answered_at: datetime
    verified: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """How one connection may send just now, shared by all processes that send there.

    Attributes:
        mode: whether what is planned goes out by itself.
        window_from: when the window began in which calls are counted (`budget.WINDOW`).
        n_calls: made in it, reading included, and what is set aside for those under way.
        n_reads: those of them that read.
        n_sent: commands sent in it.
        calls_allowed: in it; None where neither a setting nor the vendor says.
        asked_at: when the vendor was last asked what it allows.
        failures: calls in a row that failed as a whole.
        closed_until: nothing is sent before.
        why: what the last failed call was answered.
        pace: commands a second, lately, while some were sent; None where nothing tells.
    """

    source: str
    window_from: datetime
    mode: str = "live"
    n_calls: int = 0
    n_reads: int = 0
    n_sent: int = 0
    calls_allowed: int | None = None
    asked_at: datetime | None = None
    failures: int = 0
    closed_until: datetime | None = None
    why: str | None = None
    sent_at: datetime | None = None
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What a full compare of one kind of record found.

    Attributes:
        why: on whose order, or what was lost.
        n_there, n_here: living records at the system, and of those that the hub believed to live there.
        n_unknown, n_gone, n_changed: there and not here, here and not there, and in both but not alike.
        whole: False when counts alone were compared, and agreed.
    """

    id: str
    source: str
    object: str
    why: str
    n_there: int
    n_here: int
    n_unknown: int
    n_gone: int
    n_changed: int
    whole: bool = True

    @property
    def drift(self) -> float:
        """Share of the records that were not as the hub believed; 0.0 when there are none."""
        return (self.n_unknown + self.n_gone + self.n_changed) / max(self.n_there, self.n_here, 1)


ShadowKey = tuple[str, str, str]
"""Connection, object, record id."""
Shadow = Mapping[str, Value]

STATE = "_state"
"""Beside a shadow's fields: active, inactive, deleted, or what the record became ("Contact:003…,Account:001…")."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record outside, and whose it is: the entity that holds its key, and the root which that is linked to."""

    source: str
    object: str
    id: str
    entity_id: str
    root_id: str

    @property
    def key(self) -> ShadowKey:
        """Where the outbox keeps what it holds."""
        return self.source, self.object, self.id


@dataclass(frozen=True, slots=True)
class Link:
    """A merge of two entities that stands; `why` names who decided it and on what grounds."""

    id: str
    survivor_id: str
    loser_id: str
    why: str


def records_of(keys: Iterable[Key]) -> list[ShadowKey]:
    """The records in systems that these keys name, in their order."""
    kinds = ((key.kind.partition("."), key.value) for key in keys)
    return [(source, name, id_) for (source, dot, name), id_ in kinds if dot]


def became(shadow: Shadow | None) -> Ref | None:
    """What a record turned into, at its vendor, by conversion or merge; None when it did not."""
    state = (shadow or {}).get(STATE)
    name, colon, id_ = state.partition(",")[0].partition(":") if isinstance(state, str) else ("", "", "")
    return Ref(name, id_) if colon else None


def is_gone(shadow: Shadow | None) -> bool:
    """Whether a record was deleted, or lives on as another one."""
    return (shadow or {}).get(STATE) not in (None, "active", "inactive")


@dataclass(frozen=True, slots=True)
class Known:
    """What the outbox needs to know of one person, or of one account.

    Attributes:
        keys: every key they hold, the newest first.
        person, account: the winners.
        cleared: entity and field of those that are believed to be empty: ("person", "phone").
        taken: connections where somebody else, who shares the person's address, has the record for it.
        refused: consent that somebody else refuses who shares an address of theirs: field → what wins for that one.
        shadows: what each outside record is known to hold.
        pending: keys of creates on their way: (connection, object) → command key.
        merging: losers of merges on their way → the id that is to survive.
    """

    person_id: str
    keys: Sequence[Key]
    person: Winners
    account: Winners
    shadows: Mapping[ShadowKey, Shadow]
    pending: Mapping[tuple[str, str], str]
    merging: Mapping[ShadowKey, str] = field(default_factory=dict)
    cleared: Collection[tuple[str, str]] = ()
    taken: Collection[str] = ()
    refused: Winners = field(default_factory=dict)

    def beside(self, planned: Iterable[Planned]) -> Known:
        """The same, with the creates among these on their way: what is for their records waits until they are done."""
        made = {(e.source, e.command.object): e.command.key for e in planned if e.command.verb is Verb.CREATE}
        return replace(self, pending={**self.pending, **made}) if made else self

    def records(self, source: str) -> list[tuple[str, str]]:
        """Their living records at `source`: (object, id), the newest first; one that is being merged counts no more."""
        return [
            (name, id_)
            for name, id_ in self.every_record(source)
            if (source, name, id_) not in self.merging and not is_gone(self.shadows.get((source, name, id_)))
        ]

    def every_record(self, source: str) -> list[tuple[str, str]]:
        """The same with those that are gone: their ids are theirs for ever."""
        start = source + "."
        return [
            (key.kind[len(start) :], key.value)
            for key in self.keys
            if key.kind.startswith(start) and not key.kind.endswith(".user")
        ]

    def living(self, source: str, ref: Ref) -> Ref:
        """Where a record lives on as one of the same object and of this person; itself when it was not merged so."""
        left = {Ref(name, id_) for name, id_ in self.every_record(source) if name == ref.object} - {ref}
        while True:
            key = (source, ref.object, ref.id)
            after = Ref(ref.object, self.merging[key]) if key in self.merging else became(self.shadows.get(key))
            if after not in left:
                return ref
            left.remove(after)
            ref = after

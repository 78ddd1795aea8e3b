"""What came in: the receipt as it was sent, and each message in it once it is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from closeloop.matching.nouns import Evidence
from closeloop.ports import Answer, Record, Value

Queue = Literal["live", "bulk"]
Door = Literal["segment", "import", "pull", "answer", "time", "desk", "match", "rescore", "again", "process"]
Kind = Literal["event", "row", "record", "answer", "time", "click", "match", "rescore"]


class Key(NamedTuple):
    """A strong key of somebody or something: ("email", "joe@acme.example"), ("crm.Lead", "00Q…")."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One request, page of pulled records, chunk of a file, or tick, kept verbatim before anything else happens.

    Attributes:
        source: name of the source in the process file; "clock" and "process" are the hub's own.
        door: how it came in, which decides how the body is read.
        headers: what reading the body needs to know (content type, path, file name, digest, first line).
    """

    id: str
    source: str
    door: Door
    queue: Queue
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reported:
    """One value that a source states: at `path` as in the process file ("form.email", "crm.Account.Name")."""

    entity: str
    path: str
    value: Value


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did: a touch before it is known whose it is."""

    kind: str
    props: Mapping[str, Value] = field(default_factory=dict)
    by: str | None = None
    """The seller, for acts of ours (a logged call): their id in the CRM."""


@dataclass(frozen=True, slots=True)
class Click:
    """A person's act on the console or the command line: `verb` on a subject.

    Attributes:
        subject: the lead of an outcome, the link of an unlink, who is erased or whose erasure is lifted (an id,
            never an address), else the pair that is judged.
        choice: the outcome, or a reason in a person's own words.
    """

    verb: Literal["outcome", "unlink", "retry", "same", "different", "skip", "reopen", "erase", "lift"]
    subject: str
    choice: str
    by: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Two people whom a pass over the whole base found alike.

    Attributes:
        left_id, right_id: their own entities.
        weight: bits.
        why: what keeps the pair from being joined without a person, if anything does.
        bundle: what weighed them, with its version.
    """

    left_id: str
    right_id: str
    weight: float
    band: Literal["same", "ask"]
    why: str
    evidence: tuple[Evidence, ...]
    bundle: str


@dataclass(frozen=True, slots=True)
class Rescore:
    """A part of the base that is decided about again, after the process or something beside it changed.

    Attributes:
        entity: the kind of the roots: "person", "account" …
        after, last: a staged set, named by its bounds: the roots whose ids are greater than the one and not greater
            than the other; with `decide`, both are the id of one person.
        of: with `decide`, an account: its people within these bounds are meant.
        decide: decide about that person by the steps of the road, as if they had moved; else winners and sums of the
            part are made anew.
        fields: those of which the values are read again, since their form is another one.
        lines: scoring lines whose sums are made anew.
    """

    entity: str
    after: str
    last: str
    decide: bool = False
    fields: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A clock of a lead that has run out."""

    lead_id: str
    clock: Literal["respond", "remind", "wake", "assign"]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that happened or is so, understood but not yet attributed to anybody.

    Attributes:
        id: "source:key"; the same twice is a repeat.
        keys: strong keys of the one person (or other entity) it is about, the strongest first.
        visitor: the browser it came from, "source/anonymous id".
        identified: whether it names its person itself (a page view by an unknown browser does not).
        values: what it states.
        act: what was done, if anything.
        flags: names of the process file's `flags` that it meets.
        own: of a record of the business's own, its kind: "purchase".
    """

    id: str
    source: str
    receipt_id: str
    position: int
    kind: Kind
    occurred_at: datetime
    received_at: datetime
    keys: tuple[Key, ...] = ()
    visitor: str | None = None
    values: tuple[Reported, ...] = ()
    act: Act | None = None
    record: Record | None = None
    answer: Answer | None = None
    click: Click | None = None
    due: Due | None = None
    matched: Matched | None = None
    rescore: Rescore | None = None
    flags: tuple[str, ...] = ()
    own: str = ""

    @property
    def entity(self) -> str:
        """What it is about: "person", "account", "purchase" …; a task or an activity is one of its own."""
        return self.own or (self.record.entity if self.record is not None else "person")

    @property
    def identified(self) -> bool:
        """Whether it says itself whom it is about."""
        return bool(self.keys)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that cannot be used, with the reason: kept, shown, and replayable once mended."""

    id: str
    source: str
    receipt_id: str
    position: int
    received_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one message. `subject_id` is whom or what it turned out to be about."""

    message: Message | SetAside
    state: Literal["decided", "echo", "set_aside", "failed"]
    reason: str | None = None
    subject_id: str | None = None


class Line(NamedTuple):
    """How many receipts wait in one queue, and since when the oldest does."""

    n: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class End:
    """How far an outside system has been read. `n_records` counts all that was ever pulled from it."""

    source: str
    cursor: str | None
    pulled_at: datetime | None
    n_records: int
    error: str | None
    error_at: datetime | None

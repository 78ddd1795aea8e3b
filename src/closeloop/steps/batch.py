"""The messages of one transaction, and what each step finds out about them for the steps after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from closeloop.identity.nouns import Attributed, Known
from closeloop.inbox.nouns import Message, Queue, SetAside, Verdict
from closeloop.lifecycle.situation import Draft
from closeloop.outbox.nouns import Planned, Posted
from closeloop.process.nouns import Process
from closeloop.profile.nouns import Touch
from closeloop.steps.dossier import Dossier


class Batch:
    """What `flow.STEPS` works on.

    Attributes:
        queue: through which they came: what the bulk queue brings about is sent last.
        sent: commands that the batch would have changed, and that were sent before; known from the start when it is
            decided again, since no receipt tells of it.
        first: receipt and position of its first message, by which a batch is told apart for ever.
        messages: those that go on; steps replace them as they learn more.
        news: message id → names of the record's fields that are news.
        pointed_before: message id → the relations of its record that are no news.
        first_read: messages whose record was never read before.
        emptied: message id → its record's fields that are blank and held a value before → whether it was read there.
        known, who: what identity knows, and what it says of the messages.
        retried: refused commands that somebody tries again.
        parted: message that linked or parted people by their ids → the roots concerned.
        retried_companies: message that tries an update of a company's record again → the accounts concerned.
        settled_roots: entities whose winners changed.
        changed_companies: accounts → their fields of which the value is another one now.
        changed_consent: people whose consent is another one now.
        dossiers: person (root) → everything known of them, for those concerned.
        drafts: what the lifecycle decided.
        planned: commands for the outside.
        notes, refused: message id → what a person should know of it, why it was not done.
    """

    def __init__(
        self,
        connection: Connection,
        messages: Sequence[Message | SetAside],
        process: Process,
        now: datetime,
        queue: Queue = "live",
        was_sent: frozenset[str] = frozenset(),
    ) -> None:
        self.connection, self.process, self.now, self.queue = connection, process, now, queue
        self.sent = set(was_sent)
        self.first = min(((each.receipt_id, each.position) for each in messages), default=("", 0))
        self.set_aside = [message for message in messages if isinstance(message, SetAside)]
        self.messages = [message for message in messages if isinstance(message, Message)]
        self.echoes: list[Message] = []
        self.news: dict[str, frozenset[str]] = {}
        self.pointed_before: dict[str, frozenset[str]] = {}
        self.first_read: set[str] = set()
        self.emptied: dict[str, Mapping[str, bool]] = {}
        self.notes: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.posted: dict[str, Posted] = {}
        self.retried: dict[str, Posted] = {}
        self.known = Known()
        self.who = Attributed({}, {}, (), (), (), (), {})
        self.parted: dict[str, tuple[str, ...]] = {}
        self.retried_companies: dict[str, tuple[str, ...]] = {}
        self.settled_roots: set[str] = set()
        self.changed_companies: dict[str, set[str]] = {}
        self.changed_consent: set[str] = set()
        self.touches: list[Touch] = []
        self.dossiers: Mapping[str, Dossier] = {}
        self.drafts: list[Draft] = []
        self.planned: list[Planned] = []

    def verdicts(self) -> list[Verdict]:
        """What became of every message."""
        found = [Verdict(message, "set_aside", message.reason) for message in self.set_aside]
        found += [
            Verdict(message, "echo", "what it says was known: our own echo, or nothing changed", self.subject(message))
            for message in self.echoes
        ]
        for message in self.messages:
            refused = self.refused.get(message.id)
            found.append(
                Verdict(
                    message,
                    "set_aside" if refused else "decided",
                    refused or self.notes.get(message.id),
                    self.subject(message),
                )
            )
        return found

    def root(self, entity_id: str) -> str:
        """The root that an entity is linked to."""
        return self.known.roots.get(entity_id, entity_id)

    def subject(self, message: Message) -> str | None:
        """The entity that a message is about."""
        return self.who.subject.get(message.id)

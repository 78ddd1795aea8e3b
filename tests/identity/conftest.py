"""A small process, an empty database, and words for messages of the cast: Joe and Ann of Acme, and their browsers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from closeloop.db import Database
from closeloop.identity.attribute import attribute
from closeloop.identity.nouns import Attributed, Known
from closeloop.inbox.nouns import Message
from support.messages import POLICY


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


class Memory:
    """What identity knows, kept between batches without a database."""

    def __init__(self) -> None:
        self.known = Known()
        self.merges: list[tuple[str, str]] = []

    def hear(self, *messages: Message) -> Attributed:
        """Attribute one batch and remember what it brought."""
        found = attribute(messages, self.known, POLICY)
        for claim in found.claims:
            self.known.kinds.setdefault(claim.entity_id, set()).add(claim.key.kind)
        self.merges += [(merge.survivor_id, merge.loser_id) for merge in found.merges]
        return found

    def whose(self, *messages: Message) -> Sequence[str]:
        """The root that each of these messages, heard one by one, is about."""
        subjects = [self.hear(message).subject[message.id] for message in messages]
        return [self.known.roots[subject] for subject in subjects]


@pytest.fixture
def memory() -> Memory:
    return Memory()

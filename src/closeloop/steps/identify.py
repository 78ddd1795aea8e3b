"""Whom is each message about? Their people are locked from here to the end of the batch."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.identity.attribute import attribute, keys_of
from closeloop.inbox.nouns import Message
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.steps.batch import Batch
from closeloop.words.errors import BadInput


def identify(batch: Batch) -> None:
    """identity: whom is each message about; their people are locked from here on."""
    paths = company_paths(batch.process)
    batch.known = identity_store.load(batch.connection, keys_of(batch.messages, paths))
    batch.who = attribute(batch.messages, batch.known, paths, batch.process.signed)
    identity_store.save(batch.connection, batch.who)
    batch.notes.update(batch.who.notes)
    for message in batch.messages:
        if message.click is not None and message.click.verb == "unlink":
            _unlink(batch, message)


def _unlink(batch: Batch, message: Message) -> None:
    if message.click is None:
        return
    try:
        roots = identity_store.unlink(batch.connection, message.click.subject, message.click.by, batch.now)
    except BadInput as error:
        batch.refused[message.id] = str(error)
        return
    batch.parted[message.id] = roots
    batch.settled_roots.update(roots)
    batch.known.roots.update(identity_store.family(batch.connection, roots))


@once_per_process
def company_paths(process: Process) -> frozenset[str]:
    """Where sources report the name of a company."""
    rule = process.fields.get("account", {}).get("company")
    return frozenset(str(path) for path in rule.paths) if rule else frozenset()

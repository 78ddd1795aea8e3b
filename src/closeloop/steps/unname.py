"""Commands for who was erased go by keys that say nothing, wherever they are called by one: a key may be an address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from closeloop.identity import store as identity_store
from closeloop.identity.erasure import ERASED, is_new_key, new_key
from closeloop.identity.store import erase as identity_erasure
from closeloop.inbox.answers import read_answers
from closeloop.inbox.erased import with_keys
from closeloop.inbox.store import erasure as inbox_erasure
from closeloop.lifecycle.store import erase as lifecycle_erasure
from closeloop.outbox.nouns import Posted
from closeloop.outbox.store import erase as outbox_erasure
from closeloop.steps.batch import Batch


def unname(batch: Batch, keys: Collection[str], salt: str) -> None:
    """Give commands new keys: in their table, plans, answers, clicks, and pages read while they were under way.

    Those that are still under way keep theirs until they are answered.
    """
    connection = batch.connection
    identity_store.lock(connection, outbox_erasure.people_of(connection, keys))
    renamed, since = outbox_erasure.rename(connection, {key: new_key(salt, key) for key in keys})
    if since is None:
        return
    inbox_erasure.unname_sent(connection, renamed)
    batch.sent -= renamed.keys()
    changed, messages = [], dict[str, str]()
    for receipt in inbox_erasure.speaking_of_commands(connection, since):
        after = with_keys(receipt, renamed)
        if after is receipt:
            continue
        changed.append(after)
        if receipt.door == "answer":
            both = zip(read_answers(receipt), read_answers(after), strict=True)
            messages |= {old.id: new.id for old, new in both if old.id != new.id}
    inbox_erasure.rewrite(connection, changed)
    inbox_erasure.rename(connection, messages)
    for each in (identity_erasure, lifecycle_erasure, outbox_erasure):
        each.unname_causes(connection, sorted(messages))
    _in_batch(batch, renamed, messages)


def unname_late(batch: Batch, salt: str) -> None:
    """The same for those that were under way when somebody was erased, and are answered now."""
    posted = batch.posted.items()
    late = {key for key, each in posted if each.planned.message_id == ERASED and not is_new_key(key)}
    if late:
        unname(batch, late, salt)


def _in_batch(batch: Batch, renamed: Mapping[str, str], messages: Mapping[str, str]) -> None:
    """What is being decided right now speaks of them too."""
    batch.posted = {renamed.get(key, key): _by(each, renamed) for key, each in batch.posted.items()}
    for n, message in enumerate(batch.messages):
        if message.answer is not None and message.answer.key in renamed:
            answer = replace(message.answer, key=renamed[message.answer.key])
            batch.messages[n] = replace(message, id=messages.get(message.id, message.id), answer=answer)
    subjects = {messages.get(id_, id_): of for id_, of in batch.who.subject.items()}
    batch.who = replace(batch.who, subject=subjects)
    for said in (batch.notes, batch.refused):
        said |= {messages[id_]: said.pop(id_) for id_ in said.keys() & messages.keys()}


def _by(posted: Posted, renamed: Mapping[str, str]) -> Posted:
    key = renamed.get(posted.planned.command.key)
    if key is None:
        return posted
    return replace(posted, planned=replace(posted.planned, command=replace(posted.planned.command, key=key)))

"""People whom a change concerns that was said of somebody else are decided about again: a company's, an address's."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt, Rescore
from closeloop.inbox.rescores import encode_rescores
from closeloop.process.asked import names_asked
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.shared_address import sharers_of
from closeloop.words import ids

AT_ONCE = 500
"""People of a company in one receipt: one of a hundred thousand holds nobody up."""


def queue_concerned(batch: Batch) -> None:
    """record: the people of companies that changed, and who shares an address with somebody who opted out or in.

    They come in as if they had moved, but for those whom this batch is about anyway.
    """
    here = {batch.root(subject) for subject in batch.who.subject.values()}
    parts = [[part] for part in _of_companies(batch, here)]
    if people := sorted(sharers_of(batch, batch.changed_consent) - here):
        parts.append([Rescore("person", each, each, decide=True) for each in people])
    receipts = [
        Receipt(
            ids.derive(batch.now, "again", batch.first[0], str(batch.first[1]), str(no)), "again", "again", "bulk",
            batch.now, {}, encode_rescores(part),
        )
        for no, part in enumerate(parts)
    ]  # fmt: skip
    inbox_store.save_receipts(batch.connection, receipts, "keep")


def _of_companies(batch: Batch, here: set[str]) -> list[Rescore]:
    shown = _shown(batch.process)
    changed = {root for root, fields in batch.changed_companies.items() if not shown.isdisjoint(fields)}
    changed |= _with_own_records(batch)
    roots = identity_store.roots_of(batch.connection, changed) if changed else {}
    found = []
    for company, people in sorted(
        record_store.load_related(batch.connection, sorted(roots.values()), "person").items()
    ):
        others = [person for person in people if person not in here]
        after = ""
        for at in range(0, len(others), AT_ONCE):
            last = others[at : at + AT_ONCE][-1]
            found.append(Rescore("person", after, last, decide=True, of=company))
            after = last
    return found


@once_per_process
def _shown(process: Process) -> frozenset[str]:
    """Fields of companies that their people's records show, or that a condition asks for."""
    rules = process.fields.get("account", {}).values()
    written = {rule.name for rule in rules for path in rule.write if path.object in (None, *PERSON_OBJECTS)}
    return names_asked(process) | written


def _with_own_records(batch: Batch) -> set[str]:
    """Accounts of which a record of the business's own changed that counts for everybody there."""
    related = {
        batch.who.relations[message.id]["account"]
        for message in batch.messages
        if message.own and message.id in batch.news and "account" in batch.process.records[message.own].of
        if "account" in batch.who.relations.get(message.id, {})
    }
    return {batch.root(account) for account in related}

"""People whom a change concerns that was said of somebody else are decided about again: a company's, an address's."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt, Rescore
from closeloop.inbox.rescores import encode_rescores
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.shared_address import sharers_of
from closeloop.words import ids

AT_ONCE = 500
"""People in one receipt: a company of a hundred thousand holds nobody up."""


def queue_concerned(batch: Batch) -> None:
    """record: the people of companies that changed, and who shares an address with somebody who opted out or in.

    They come in as if they had moved, but for those whom this batch is about anyway.
    """
    companies = batch.changed_companies | _with_own_records(batch)
    roots = identity_store.roots_of(batch.connection, companies) if companies else {}
    theirs = record_store.load_related(batch.connection, sorted(set(roots.values())), "person")
    concerned = sharers_of(batch, batch.changed_consent).union(*theirs.values())
    people = sorted(concerned - {batch.root(each) for each in batch.who.subject.values()})
    receipts = [
        Receipt(
            ids.derive(batch.now, "again", *some), "again", "again", "bulk", batch.now, {},
            encode_rescores([Rescore("person", each, each, decide=True) for each in some]),
        )
        for some in (people[at : at + AT_ONCE] for at in range(0, len(people), AT_ONCE))
    ]  # fmt: skip
    inbox_store.save_receipts(batch.connection, receipts, "keep")


def _with_own_records(batch: Batch) -> set[str]:
    """Accounts of which a record of the business's own changed that counts for everybody there."""
    related = {
        batch.who.relations[message.id]["account"]
        for message in batch.messages
        if message.own and message.id in batch.news and "account" in batch.process.records[message.own].of
        if "account" in batch.who.relations.get(message.id, {})
    }
    return {batch.root(account) for account in related}

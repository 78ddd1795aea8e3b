"""Where a company's values change, its people are decided about again: their scores and their records show them too."""

from __future__ import annotations

from itertools import chain

from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt, Rescore
from closeloop.inbox.rescores import encode_rescores
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.words import ids

AT_ONCE = 500
"""People in one receipt: a company of a hundred thousand holds nobody up."""


def call_colleagues(batch: Batch) -> None:
    """record: the people of companies that changed, whom this batch is not about, come in as if they had moved."""
    changed = batch.changed_companies | _with_own_records(batch)
    if not changed:
        return
    companies = identity_store.roots_of(batch.connection, changed)
    theirs = record_store.load_related(batch.connection, sorted(set(companies.values())), "person")
    people = sorted(
        set(chain.from_iterable(theirs.values())) - {batch.root(each) for each in batch.who.subject.values()}
    )
    receipts = [
        Receipt(
            ids.derive(batch.now, "company", *some), "company", "company", "bulk", batch.now, {},
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

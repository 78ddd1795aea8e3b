"""What is believed of a company goes into its own records, where the process file says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

from closeloop.identity import store as identity_store
from closeloop.inbox.nouns import Key
from closeloop.outbox import store as outbox_store
from closeloop.outbox.again import Again, decide_again, is_decided_anew
from closeloop.outbox.nouns import Known, ShadowKey, records_of
from closeloop.outbox.store import unsent
from closeloop.outbox.sync import sync_company, writes_companies
from closeloop.process.vocabulary import COMPANY_OBJECTS
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.holding import count_anew
from closeloop.steps.retry import send_again
from closeloop.steps.updates import Updates


def plan_companies(batch: Batch) -> None:
    """outbox: fields of companies go where they should be held."""
    if not writes_companies(batch.process):
        return
    causes = _causes(batch)
    known = count_anew(batch, _known_of(batch, causes))
    undone = unsent.load_undone(batch.connection, known) if known else {}
    updates, again = Updates(), Again()
    for account, company in known.items():
        theirs = undone.get(account, ())
        decided = sync_company(company, batch.process, causes[account])
        fresh = updates.fresh(batch, decided, company, theirs)
        retried = [each for each in theirs if each.planned.command.key in batch.retried and is_decided_anew(each)]
        left, renewed = decide_again(retried, fresh, company)
        batch.planned += left
        again.add(renewed)
    send_again(batch, again)
    updates.settle(batch)


def _causes(batch: Batch) -> dict[str, str]:
    """Account (root) → the message for which its records are looked at."""
    said: dict[str, str] = {}
    moved = set(batch.settled_roots)
    for message in batch.messages:
        subject, account = batch.subject(message), batch.who.relations.get(message.id, {}).get("account")
        said |= {batch.root(each): message.id for each in (subject, account) if each is not None}
        if subject is not None and message.entity == "account" and message.id in batch.news:
            moved.add(batch.root(subject))  # what its system says now may not be what it should hold
    retried = {root: message_id for message_id, roots in batch.retried_companies.items() for root in roots}
    wanted = moved | retried.keys()
    kinds = identity_store.kinds(batch.connection, wanted) if wanted else {}
    last = batch.messages[-1].id if batch.messages else ""
    return {
        root: retried.get(root) or said.get(root, last) for root, kind in sorted(kinds.items()) if kind == "account"
    }


def _known_of(batch: Batch, accounts: Collection[str]) -> dict[str, Known]:
    keys = identity_store.crosswalk(batch.connection, sorted(accounts)) if accounts else {}
    records = {root: records for root, theirs in keys.items() if (records := _records(theirs))}
    if not records:
        return {}
    winners = record_store.load_winners(batch.connection, list(records))
    cleared = record_store.load_cleared(batch.connection, list(records))
    shadows = outbox_store.load_shadows(batch.connection, chain.from_iterable(records.values()))
    return {
        root: Known(
            root, keys[root], {}, winners.get(root, {}), {key: shadows[key] for key in theirs if key in shadows}, {},
            cleared=frozenset(("account", field) for field in cleared.get(root, ())),
        )
        for root, theirs in records.items()
    }  # fmt: skip


def _records(keys: Sequence[Key]) -> list[ShadowKey]:
    """A company's records in systems."""
    return [record for record in records_of(keys) if record[1] in COMPANY_OBJECTS]

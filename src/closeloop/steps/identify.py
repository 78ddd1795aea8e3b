"""Whom is each message about? Their people are locked from here to the end of the batch."""

from __future__ import annotations

from dataclasses import replace

from closeloop.identity import store as identity_store
from closeloop.identity.attribute import attribute
from closeloop.identity.keys import keys_of
from closeloop.steps.accounts import lock_companies, look_up_accounts, without_belated
from closeloop.steps.batch import Batch
from closeloop.steps.policy import policy_of
from closeloop.steps.settle import with_snapshots


def identify(batch: Batch) -> None:
    """identity: whom is each message about; their people are locked from here on."""
    policy = policy_of(batch.process)
    companies = lock_companies(batch, policy)
    batch.known = identity_store.load(batch.connection, keys_of(batch.messages, policy.company_paths))
    look_up_accounts(batch, policy, companies)
    who = without_belated(batch, attribute(batch.messages, batch.known, policy))
    batch.who = replace(who, merges=with_snapshots(batch, who.merges))
    identity_store.save(batch.connection, batch.who)
    batch.notes.update(batch.who.notes)

"""A merge takes its survivor to the account that won, where the record that goes brought it along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from closeloop.identity import store as identity_store
from closeloop.outbox import store as outbox_store
from closeloop.outbox.merge import ACCOUNT, ACCOUNT_REF, lives, loser_of, survivor_of
from closeloop.outbox.nouns import Planned, ShadowKey
from closeloop.outbox.store import unsent
from closeloop.ports import Ref, Verb
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.passing import readdress

_RELATION = "account"
_SUFFIX = f".{ACCOUNT}"
_Entities = Mapping[ShadowKey, str]
"""Record → the entity that holds its key."""


def with_account(batch: Batch, merges: Mapping[str, Sequence[Planned]], entities: _Entities) -> list[Planned]:
    """These merges as they are to go out now; those whose survivor is to change to the loser's account say so.

    Else the system would leave it at its own, and hold another account than the one that won.

    Args:
        merges: root → merges of some of the person's records.
    """
    roots = sorted(root for root, theirs in merges.items() if theirs)
    won = {
        root: str(found[_RELATION].value)
        for root, found in (record_store.load_winners(batch.connection, roots) if roots else {}).items()
        if _RELATION in found
    }
    said = _said(batch, sorted(won))
    account_of = identity_store.roots_of(batch.connection, {*won.values(), *said.values()}) if won else {}
    records = _records(batch, set(account_of.values()))
    found = []
    for root in roots:
        account = account_of.get(won.get(root, ""), "")
        for each in merges[root]:
            path = f"{each.source}.{each.command.object}.{_RELATION}"
            ends = [said.get((entities.get(key, ""), path), "") for key in (survivor_of(each), loser_of(each))]
            survivor, loser = (account_of.get(end) for end in ends)
            refs = {name: ref for name, ref in each.command.refs.items() if name != ACCOUNT_REF}
            record = records.get((account, each.source))
            if record is not None and loser == account != survivor:
                refs[ACCOUNT_REF] = record
            found.append(replace(each, command=replace(each.command, refs=refs)))
    return found


def follow_accounts(batch: Batch, kinds: frozenset[str]) -> None:
    """Merges of this batch's people that wait go to the account that is right by now, or to none.

    Args:
        kinds: of keys whose records are merged.
    """
    tried = [each.planned for each in batch.retried.values() if each.planned.command.verb is Verb.MERGE]
    people = {draft.situation.person_id for draft in batch.drafts} | _people_of_gone_accounts(batch)
    people |= set(_roots(batch, tried).values())
    merges = outbox_store.load_merges(batch.connection, people) if people else []
    waiting = [each.planned for each in merges if each.state == "waiting"]
    if not waiting:
        return
    by_root: dict[str, list[Planned]] = {}
    roots = _roots(batch, waiting)
    for each in waiting:
        by_root.setdefault(roots[each.person_id or ""], []).append(each)
    held = outbox_store.load_held(batch.connection, by_root, kinds)
    entities = {each.key: each.entity_id for theirs in held.values() for each in theirs}
    before = {each.command.key: each.command.refs for each in waiting}
    changed = [e for e in with_account(batch, by_root, entities) if e.command.refs != before[e.command.key]]
    again = [each for each in changed if each.command.key in batch.retried]
    readdress(batch, [each for each in changed if each not in again])
    unsent.readdress(batch.connection, again, even_tried=True)


def _roots(batch: Batch, planned: Sequence[Planned]) -> dict[str, str]:
    people = [each.person_id for each in planned if each.person_id is not None]
    return identity_store.roots_of(batch.connection, people) if people else {}


def _people_of_gone_accounts(batch: Batch) -> set[str]:
    gone = {
        batch.root(batch.who.subject[message.id])
        for message in batch.messages
        if message.record is not None and message.entity == "account" and message.id in batch.who.subject
        if message.record.deleted or message.record.became
    }
    related = record_store.load_related(batch.connection, sorted(gone), "person") if gone else {}
    return {person for people in related.values() for person in people}


def _said(batch: Batch, roots: Sequence[str]) -> dict[tuple[str, str], str]:
    """Entity of one of these people, and the path by which it was said → the account that it last belonged to."""
    values = record_store.load_values(batch.connection, roots) if roots else {}
    said = [each for theirs in values.values() for each in theirs if each.field == _RELATION and each.valid]
    return {(each.entity_id, each.path): str(each.value) for each in sorted(said, key=lambda each: each.at)}


def _records(batch: Batch, accounts: set[str]) -> dict[tuple[str, str], Ref]:
    """Root of an account, and a system → its record there, the oldest of several that live."""
    held = {
        root: [(key.kind.removesuffix(_SUFFIX), ACCOUNT, key.value) for key in keys if key.kind.endswith(_SUFFIX)]
        for root, keys in (identity_store.crosswalk(batch.connection, accounts) if accounts else {}).items()
    }
    everything = [key for keys in held.values() for key in keys]
    shadows = outbox_store.load_shadows(batch.connection, everything) if everything else {}
    return {(root, key[0]): Ref(ACCOUNT, key[2]) for root, keys in held.items() for key in keys if lives(shadows, key)}

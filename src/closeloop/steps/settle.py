"""Winners settled anew for those concerned, and what stood before two are linked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import msgspec

from closeloop.identity import store as identity_store
from closeloop.identity.nouns import Merge
from closeloop.inbox.nouns import Key
from closeloop.process.consent import consent_fields
from closeloop.record import store as record_store
from closeloop.record.nouns import Settled, Winners
from closeloop.record.settle import settle as settle_values
from closeloop.steps.batch import Batch
from closeloop.words.moment import to_us


def settle(batch: Batch, roots: Collection[str]) -> None:
    """Resolve all fields of these again: give it both roots of a link that was made or undone.

    Nobody else settles them until the batch ends, who would not see what it brought.
    """
    if not roots:
        return
    if batch.connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        identity_store.lock(batch.connection, sorted(roots))
    kinds = identity_store.kinds(batch.connection, roots)
    old = record_store.load_settled(batch.connection, sorted(roots))
    values = record_store.load_values(batch.connection, sorted(roots))
    settled = settle_values(kinds, values, old, batch.process)
    record_store.save_winners(batch.connection, settled)
    batch.settled_roots |= set(settled)
    for root, each in settled.items():
        changed = _changed(each, old.get(root, {}))
        if kinds[root] == "account":
            batch.changed_companies.setdefault(root, set()).update(changed)
        elif kinds[root] == "person" and _says_no(consent_fields(batch.process) & changed, each, old.get(root, {})):
            batch.changed_consent.add(root)


def with_snapshots(batch: Batch, merges: Sequence[Merge]) -> tuple[Merge, ...]:
    """The links with the keys and winners of both as they stand before any of them is made."""
    if not merges:
        return ()
    roots = sorted({root for merge in merges for root in (merge.survivor_id, merge.loser_id)})
    keys = identity_store.crosswalk(batch.connection, roots)
    winners = record_store.load_winners(batch.connection, roots)

    def stood(root: str) -> Mapping[str, object]:
        return _stood(root, keys.get(root, ()), winners.get(root, {}))

    return tuple(
        replace(
            merge,
            snapshot=msgspec.json.encode(
                {"survivor": stood(merge.survivor_id), "loser": stood(merge.loser_id)}
            ).decode(),
        )
        for merge in merges
    )


def in_waves(merges: Sequence[Merge]) -> list[list[Merge]]:
    """The links in order, parted where one builds on another, so that before each wave all stands as it should."""
    waves: list[list[Merge]] = []
    touched: set[str] = set()
    for merge in merges:
        roots = {merge.survivor_id, merge.loser_id}
        if not waves or roots & touched:
            waves.append([])
            touched = set()
        waves[-1].append(merge)
        touched |= roots
    return waves


def _changed(settled: Settled, old: Winners) -> set[str]:
    """The fields whose value is another one, not only where it comes from."""
    other = {each.field for each in settled.changed if each.field not in old or each.value != old[each.field].value}
    return other.union(settled.vanished)


def _says_no(changed: Collection[str], settled: Settled, old: Winners) -> bool:
    """Whether somebody opts out or in, by these fields; that nobody was ever asked changes nothing."""
    now = settled.onto(old)
    return any(name in held and held[name].value is True for name in changed for held in (old, now))


def _stood(root: str, keys: Sequence[Key], winners: Winners) -> Mapping[str, object]:
    return {
        "id": root,
        "keys": sorted(keys),
        "winners": {
            name: {
                "value": winner.value,
                "given": winner.given,
                "path": winner.path,
                "at": to_us(winner.at),
                "message_id": winner.message_id,
            }
            for name, winner in sorted(winners.items())
        },
    }

"""The records of all files through the batch matcher, and its answer in the words of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pyarrow as pa

from closeloop.audit.base import Entry, Matched
from closeloop.audit.estimate import probability, share_seen
from closeloop.audit.ties import Tie
from closeloop.dedupe.sweep import sweep
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Given, Weight


def match(entries: Sequence[Entry], bundle: Bundle) -> Matched:
    """Find who is who among the records.

    Args:
        entries: of all systems together, since one person may be known to several.
        bundle: decides; the same that the hub uses for a form fill.
    """
    swept = sweep(_table([entry.given for entry in entries]), bundle, adapt=True)
    cluster: list[int] = swept.clusters.to_pylist()
    same: list[Tie] = []
    asked: list[Tie] = []
    for tie in _ties(swept.pairs):
        (same if cluster[tie.left] == cluster[tie.right] else asked).append(tie)
    for ties in (same, asked):
        ties.sort(key=lambda tie: (-tie.weight, tie.left, tie.right))
    seen = share_seen(entries, [*same, *asked], swept)

    def weigh(left: int, right: int) -> Weight:
        return swept.bundle.weigh(swept.traits(left), swept.traits(right))

    return Matched(cluster, same, asked, swept.same_at, swept.ask_at, bundle.signed, seen, weigh, probability)


def _ties(pairs: pa.Table) -> list[Tie]:
    columns = (pairs[name].to_pylist() for name in ("left", "right", "weight", "why"))
    return [Tie(*values) for values in zip(*columns, strict=True)]


def _table(given: Sequence[Given]) -> pa.Table:
    names = [field.name for field in fields(Given)]
    return pa.table({name: pa.array([getattr(one, name) or None for one in given], pa.string()) for name in names})

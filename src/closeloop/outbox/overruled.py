"""How often a system set back what we wrote into a field of a record: kept beside what the record is known to hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from closeloop.outbox.nouns import Shadow
from closeloop.ports import Value
from closeloop.words.moment import to_us

WRITTEN, _OVERRULED = "_written", "_overruled"
"""Beside the vendor's fields: names of those that hold what an update of ours wrote, whether it was read since or not;
and JSON, name → when it was set back."""


def names_in(shadow: Shadow | None, mark: str) -> frozenset[str]:
    """The fields that are named by what is kept beside them under this mark."""
    names = (shadow or {}).get(mark)
    return frozenset(names.split(",")) if isinstance(names, str) and names else frozenset()


def with_ours(shadow: Shadow | None, fields: Collection[str]) -> dict[str, Value]:
    """What to keep when an update of ours wrote these fields."""
    return {WRITTEN: ",".join(sorted({*names_in(shadow, WRITTEN), *fields}))} if fields else {}


def with_set_back(shadow: Shadow, names: Collection[str], now: datetime, within: timedelta) -> dict[str, Value]:
    """What to keep when the system told that these fields hold something else by now.

    Args:
        within: what is older is forgotten.
    """
    if not names:
        return {}
    times = _times(shadow)
    times |= {name: [*times.get(name, ()), to_us(now)] for name in names}
    since = to_us(now - within)
    late = {name: [at for at in each if at > since] for name, each in sorted(times.items())}
    written = ",".join(sorted(names_in(shadow, WRITTEN) - set(names)))
    return {WRITTEN: written, _OVERRULED: json.dumps({name: each for name, each in late.items() if each})}


def counted_anew(shadow: Shadow, names: Collection[str]) -> dict[str, Value]:
    """The same as if these fields had never been set back."""
    times = _times(shadow)
    if times.keys().isdisjoint(names):
        return dict(shadow)
    return {**shadow, _OVERRULED: json.dumps({name: each for name, each in times.items() if name not in names})}


def n_overruled(shadow: Shadow | None, since: datetime) -> Mapping[str, int]:
    """Field → how often it was set back since then."""
    after = to_us(since)
    return {name: sum(at > after for at in each) for name, each in _times(shadow or {}).items()}


def _times(shadow: Shadow) -> dict[str, list[int]]:
    kept = shadow.get(_OVERRULED)
    return dict(json.loads(kept)) if isinstance(kept, str) else {}

"""What is held back goes among the rejects and is told of once; tried again, its count begins anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from closeloop.outbox import store as outbox_store
from closeloop.outbox.loops import HeldBack, same_fields
from closeloop.outbox.nouns import Known, ShadowKey
from closeloop.outbox.overruled import counted_anew
from closeloop.outbox.store.keep_back import keep_back
from closeloop.steps.batch import Batch

log = structlog.get_logger()


def count_anew(batch: Batch, known: Mapping[str, Known]) -> dict[str, Known]:
    """What is known of people, as if a field that somebody tries again had never been set back anywhere."""
    found = dict(known)
    again: dict[ShadowKey, set[str]] = {}
    for planned in (each.planned for each in batch.retried.values() if each.is_held_back):
        root = batch.root(planned.person_id or "")
        if root in found:
            alike = same_fields(planned, found[root], batch.process)
            for key, names in alike.items():
                again.setdefault(key, set()).update(names)
            shadows = {key: counted_anew(each, alike.get(key, ())) for key, each in found[root].shadows.items()}
            found[root] = replace(found[root], shadows=shadows)
    kept = outbox_store.load_shadows(batch.connection, again) if again else {}
    outbox_store.save_shadows(batch.connection, {key: counted_anew(each, again[key]) for key, each in kept.items()})
    return found


def settle_held_back(batch: Batch, held: Sequence[HeldBack], over: Mapping[str, str]) -> None:
    """Keep what is held back, and end what need not be any more.

    Args:
        over: key → why.
    """
    keep_back(batch.connection, held, batch.now)
    outbox_store.end(batch.connection, {key: why for key, why in over.items() if key not in batch.retried}, batch.now)
    for planned in (each.planned for each in held if each.is_new):  # without values or keys: logs outlive an erasure
        command = planned.command
        names = ", ".join(f"{command.object}.{name}" for name in command.fields)
        log.warning(
            "held back, so that the two do not overwrite each other without end",
            source=planned.source, field=names, person=planned.person_id,
        )  # fmt: skip

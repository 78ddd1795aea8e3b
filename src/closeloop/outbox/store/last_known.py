"""What each outside system is known to hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from closeloop.db import among, put
from closeloop.outbox.nouns import Shadow, ShadowKey
from closeloop.outbox.store.tables import shadows


def load_shadows(connection: Connection, wanted: Iterable[ShadowKey]) -> dict[ShadowKey, Shadow]:
    """What these records are known to hold."""
    by_object: dict[tuple[str, str], list[str]] = {}
    for source, object_name, record_id in sorted(set(wanted)):
        by_object.setdefault((source, object_name), []).append(record_id)
    found: dict[ShadowKey, Shadow] = {}
    for (source, object_name), record_ids in by_object.items():
        statement = select(shadows.c.record_id, shadows.c.fields).where(
            shadows.c.source == source, shadows.c.object == object_name, among(shadows.c.record_id, record_ids)
        )
        for record_id, fields in connection.execute(statement):
            found[source, object_name, record_id] = json.loads(fields)
    return found


def save_shadows(connection: Connection, found: Mapping[ShadowKey, Shadow]) -> None:
    """Remember what records hold now."""
    put(
        connection,
        shadows,
        ("source", "object", "record_id", "fields"),
        [(*key, json.dumps(dict(fields), ensure_ascii=False)) for key, fields in sorted(found.items())],
        "replace",
    )

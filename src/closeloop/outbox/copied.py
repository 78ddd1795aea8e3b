"""What a merge copied into the record that survived: it is not that record's own once the merge is undone."""

from __future__ import annotations

import json
from collections.abc import Mapping

from closeloop.outbox.nouns import Posted, Shadow
from closeloop.ports import Value

_COPIED = "_copied"
"""Beside a shadow's fields: JSON, the copied fields with their values."""


def with_copied(shadow: Shadow | None, posted: Posted) -> dict[str, Value]:
    """What is known of the survivor of this MERGE, which is undone, with what was copied into it."""
    copied = {**copied_into(shadow or {}), **posted.planned.command.fields}
    return {**(shadow or {}), _COPIED: json.dumps(copied, ensure_ascii=False, sort_keys=True)}


def copied_into(shadow: Shadow) -> Mapping[str, Value]:
    """What a merge that was undone copied into a record, by field; nothing for most."""
    kept = shadow.get(_COPIED)
    return json.loads(kept) if isinstance(kept, str) else {}

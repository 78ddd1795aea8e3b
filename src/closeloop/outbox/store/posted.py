"""A command as a row, and a row as a command."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import RowMapping

from closeloop.outbox.nouns import Planned, Posted
from closeloop.outbox.rejects import is_set_aside
from closeloop.ports import Command, Ref, Verb
from closeloop.words.moment import from_us


def posted(row: RowMapping, attempts: int, made: Mapping[str, Ref]) -> Posted:
    """The command of a row of `commands`; `made` tells what the commands it comes after have made."""
    ref = Ref(row["ref_object"], row["ref_id"]) if row["ref_id"] else None
    refs = {name: Ref(*pair) for name, pair in json.loads(row["refs"]).items()}
    parent = made.get(row["after"])
    if parent is not None and ref is None and row["verb"] != Verb.CREATE.value:
        ref = parent
    elif parent is not None and row["verb"] == Verb.CREATE.value:
        refs.setdefault("person", parent)
    command = Command(
        row["key"], Verb(row["verb"]), row["object"], ref, row["our_key"], json.loads(row["fields"]), refs, attempts
    )
    planned = Planned(
        row["source"], command, row["why"], row["message_id"], row["person_id"], row["lead_id"], row["after"]
    )
    aside = row["state"] == "dead" and is_set_aside(row["reason"] or "")
    created_at = from_us(row["created_at"])
    return Posted(planned, row["state"], row["answers"], created_at, bool(row["verified"]), row["lane"], aside)

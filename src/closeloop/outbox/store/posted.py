"""A command as a row, and a row as a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy import BindParameter, RowMapping, bindparam

from closeloop.outbox.nouns import Planned, Posted
from closeloop.outbox.rejects import is_held_back, is_set_aside
from closeloop.ports import Command, Ref, Verb
from closeloop.words.moment import from_us

WRITTEN_NOW: Final[Mapping[str, BindParameter[str]]] = {
    name: bindparam(f"{name}_now") for name in ("object", "ref_object", "ref_id", "fields", "refs", "after")
}
"""Columns of `commands` that say what is to be done, for an update whose parameters are `written_now`."""


def written(planned: Planned) -> dict[str, str | None]:
    """What is to be done, as the columns of `WRITTEN_NOW` hold it."""
    command = planned.command
    return {
        "object": command.object,
        "ref_object": command.ref.object if command.ref else None,
        "ref_id": command.ref.id if command.ref else None,
        "fields": json.dumps(dict(command.fields), ensure_ascii=False),
        "refs": json.dumps({name: [ref.object, ref.id] for name, ref in command.refs.items()}),
        "after": planned.after,
    }


def written_now(planned: Planned) -> dict[str, str | None]:
    """The same as parameters."""
    return {f"{name}_now": value for name, value in written(planned).items()}


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
    reason = row["reason"] or "" if row["state"] == "dead" else ""
    return Posted(
        planned, row["state"], row["answers"], from_us(row["created_at"]), bool(row["verified"]), row["lane"],
        is_set_aside(reason), is_held_back(reason),
    )  # fmt: skip

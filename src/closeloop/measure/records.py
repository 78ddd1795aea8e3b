"""One record of an outside system: whose it is, what it is known to hold, and everything that was sent to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from closeloop.measure.person_nouns import FieldStory
from closeloop.measure.stored import Plain, called, in_words, mapping_of, text_of
from closeloop.measure.why_lead import CommandStory, command_of
from closeloop.measure.why_person import field_stories
from closeloop.outbox.nouns import STATE
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Known:
    """An id in an outside system that stands, or once stood, for the same person or company.

    Attributes:
        at, message_id: when it was first told of, and by what.
        state: living, inactive, deleted, merged or unread.
        became: records (object, id) that it lives on as.
    """

    source: str
    object: str
    id: str
    at: datetime
    message_id: str
    state: str
    became: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RecordStory:
    """One record outside.

    Attributes:
        root_id, kind, called: whose it is; "" where nobody holds it.
        holds: what the system is known to hold, by its own field names.
        known: every id that this person or company ever had, in every system, the oldest first.
        fields: every value ever reported of them.
        commands: what was sent to this record, the newest first.
    """

    source: str
    object: str
    id: str
    state: str
    became: tuple[tuple[str, str], ...]
    root_id: str
    kind: str
    called: str
    holds: Mapping[str, Plain]
    known: tuple[Known, ...]
    fields: tuple[FieldStory, ...]
    commands: tuple[CommandStory, ...]


_WHOSE = text("SELECT root_id, entity_kind FROM v_keys WHERE kind = :kind AND value = :id")
_HOLDS = text("SELECT fields FROM v_shadows WHERE source = :source AND object = :object AND record_id = :id")
_KNOWN = text("""
    SELECT kind, value, at, message_id FROM v_keys WHERE root_id = :root AND kind LIKE '%.%' AND kind NOT LIKE '%.user'
    ORDER BY at, kind, value""")
_SHADOWS = text("""
    SELECT source, object, record_id, fields FROM v_shadows WHERE source IN :sources AND object IN :objects
      AND record_id IN :ids""").bindparams(*(bindparam(name, expanding=True) for name in ("sources", "objects", "ids")))
_CALLED = text("SELECT field, given FROM v_winners WHERE root_id = :root AND field IN ('name', 'email', 'company')")
_COMMANDS = text("""
    SELECT * FROM v_commands WHERE person_id = :root AND source = :source AND (
      (ref_id = :id AND ref_object = :object) OR (answer_id = :id AND object = :object))
    ORDER BY created_at DESC, no DESC, key""")


def record_story(connection: Connection, source: str, object_name: str, record_id: str) -> RecordStory | None:
    """All of one record; None when nobody ever told of it."""
    asked = {"source": source, "object": object_name, "id": record_id}
    whose = connection.execute(_WHOSE, {"kind": f"{source}.{object_name}", "id": record_id}).first()
    stored = connection.execute(_HOLDS, asked).scalar()
    if whose is None and stored is None:
        return None
    shadow = mapping_of(stored)
    state, became = _stands(shadow.get(STATE), is_read=stored is not None)
    holds = {name: value for name, value in shadow.items() if not name.startswith("_")}  # the others are our own notes
    if whose is None:
        return RecordStory(source, object_name, record_id, state, became, "", "", "", holds, (), (), ())
    names = {line.field: text_of(line.given) for line in connection.execute(_CALLED, {"root": whose.root_id})}
    name = names.get("company" if whose.entity_kind == "account" else "name", "")
    return RecordStory(
        source, object_name, record_id, state, became, whose.root_id, whose.entity_kind,
        called(name, names.get("email", ""), whose.root_id, whose.entity_kind), holds,
        _known(connection, whose.root_id), field_stories(connection, whose.root_id),
        tuple(command_of(line) for line in connection.execute(_COMMANDS, {**asked, "root": whose.root_id})),
    )  # fmt: skip


def _known(connection: Connection, root_id: str) -> tuple[Known, ...]:
    keys = [(*line.kind.split(".", 1), line) for line in connection.execute(_KNOWN, {"root": root_id})]
    asked = {
        "sources": sorted({source for source, _, _ in keys}),
        "objects": sorted({name for _, name, _ in keys}),
        "ids": sorted({line.value for _, _, line in keys}),
    }
    shadows = {
        (row.source, row.object, row.record_id): mapping_of(row.fields)
        for row in (connection.execute(_SHADOWS, asked) if keys else ())
    }
    return tuple(
        Known(
            source, name, line.value, from_us(line.at), line.message_id,
            *_stands(shadows.get((source, name, line.value), {}).get(STATE),
                     is_read=(source, name, line.value) in shadows),
        )
        for source, name, line in keys
    )  # fmt: skip


def _stands(state: Plain, *, is_read: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    """How a record stands, and the records that it lives on as."""
    said = in_words(state)
    if ":" in said:
        refs = (each.partition(":") for each in said.split(","))
        return "merged", tuple((name, id_) for name, _, id_ in refs)
    return ("living" if said == "active" else said or "living") if is_read else "unread", ()

"""Values and winners of those concerned, read and written a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec.json import Decoder, Encoder
from sqlalchemy import Connection, Select, Table, bindparam, column, delete, literal_column, select
from sqlalchemy import table as known_table

from closeloop.db import TEXT, among, put
from closeloop.record.nouns import CLEARED, Confirmation, FieldValue, Settled, Stored, Verification, Winner
from closeloop.record.store.tables import IS_RELATION, field_values, verifications, winners
from closeloop.words.moment import from_us, to_us

_entities = known_table("entities", column("id", TEXT), column("kind", TEXT), column("root_id", TEXT))

_encode = Encoder().encode
_decode = Decoder(Stored).decode

VALUE_COLUMNS = ("entity_id", "field", "path", "at", "valid", "value", "given", "message_id")
_WINNER_COLUMNS = ("entity_id", "field", "value", "given", "valid", "path", "at", "message_id", "why")


def save_values(connection: Connection, rows: Iterable[FieldValue]) -> None:
    """Add values to what was ever reported.

    Of two for the same entity, field, path and moment the greater one stays (a valid one before an invalid one, then
    by the text of its JSON, code point by code point), so that no order of arrival matters.
    """
    put(connection, field_values, VALUE_COLUMNS, greatest(rows), "greater")


def replace_values(connection: Connection, rows: Iterable[FieldValue]) -> None:
    """Keep values that are there already as they read now."""
    put(connection, field_values, VALUE_COLUMNS, greatest(rows), "replace")


def greatest(rows: Iterable[FieldValue]) -> list[tuple[str, str, str, int, int, str, str, str]]:
    """The rows as `VALUE_COLUMNS` has them, the greater one of each entity, field, path and moment."""
    kept: dict[tuple[str, str, str, int], tuple[int, str, str, str]] = {}
    for value in rows:
        key = (value.entity_id, value.field, value.path, to_us(value.at))
        said = (int(value.valid), _json(value.value), _json(value.given), value.message_id)
        if key not in kept or said > kept[key]:
            kept[key] = said
    return [key + said for key, said in kept.items()]


def load_values(connection: Connection, root_ids: Collection[str]) -> dict[str, list[FieldValue]]:
    """Root id → every value of the entities linked to it. A root without any, or an id that is no root, is absent."""
    found: dict[str, list[FieldValue]] = {}
    for root_id, entity_id, field, path, at, value, given, valid, message_id in _rows(connection, _VALUES, root_ids):
        found.setdefault(root_id, []).append(
            FieldValue(entity_id, field, path, from_us(at), _decode(value), _decode(given), bool(valid), message_id)
        )
    return found


def load_winners(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, Winner]]:
    """Root id → field → winner; a field that was cleared has none. A root without any is absent."""
    return _settled(connection, _WINNERS, root_ids)


def load_cleared(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, Winner]]:
    """Root id → field → who cleared it and when, for those that are believed to be empty now."""
    return _settled(connection, _CLEARED, root_ids)


def load_settled(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, Winner]]:
    """Root id → field → what was settled: the winners, and the fields that were cleared."""
    return _settled(connection, _SETTLED, root_ids)


def _settled(connection: Connection, statement: Select[Any], root_ids: Collection[str]) -> dict[str, dict[str, Winner]]:
    found: dict[str, dict[str, Winner]] = {}
    for root_id, field, value, given, valid, path, at, message_id, why in _rows(connection, statement, root_ids):
        known = _decode(value)
        as_given = known if given == value else _decode(given)
        winner = Winner(field, known, as_given, valid == 1, path, from_us(at), message_id, why)
        found.setdefault(root_id, {})[field] = winner
    return found


def save_winners(connection: Connection, settled: Mapping[str, Settled]) -> None:
    """Write what changed, by root id, and take away what vanished."""
    changed = [
        (root_id, w.field, _json(w.value), _json(w.given), int(w.valid), w.path, to_us(w.at), w.message_id, w.why)
        for root_id, each in settled.items()
        for w in each.changed
    ]
    put(connection, winners, _WINNER_COLUMNS, changed, "replace")
    vanished = [{"root": root_id, "name": name} for root_id, each in settled.items() for name in each.vanished]
    if vanished:
        connection.execute(_FORGET, vanished)


def load_related(connection: Connection, root_ids: Collection[str], kind: str) -> dict[str, list[str]]:
    """The entities of a kind that belong to each given root by any relation among their winners.

    Args:
        root_ids: people, accounts or campaigns.
        kind: of what belongs to them: "opportunity", "person" …

    Returns:
        Root id → ids of the related roots, sorted. A relation to a merged entity is one to its root.
    """
    found: dict[str, set[str]] = {}
    for root_id, holder_id in _rows(connection, _RELATED, root_ids, kind=kind):
        found.setdefault(root_id, set()).add(holder_id)
    return {root_id: sorted(ids) for root_id, ids in found.items()}


def save_verifications(connection: Connection, rows: Iterable[Verification]) -> None:
    """Note confirmed values; of two confirmations of one value the later stays."""
    kept: dict[tuple[str, str, str], tuple[int, str, str]] = {}
    for row in rows:
        key, said = (row.entity_id, row.field, _json(row.value)), (to_us(row.at), row.by, row.evidence)
        kept[key] = max(said, kept.get(key, said))
    columns = ("entity_id", "field", "value", "at", "by", "evidence")
    put(connection, verifications, columns, [key + said for key, said in kept.items()], "greater")


def load_verified(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, tuple[Confirmation, ...]]]:
    """Root id → field → the values that were ever confirmed, sorted by their JSON, with the moment of each.

    A field is verified while its winner's value is among them.
    """
    found: dict[str, dict[str, tuple[Confirmation, ...]]] = {}
    for root_id, field, value, at in sorted(_rows(connection, _VERIFIED, root_ids)):
        fields = found.setdefault(root_id, {})
        fields[field] = (*fields.get(field, ()), Confirmation(_decode(value), from_us(at)))
    return found


def _rows(connection: Connection, statement: Select[Any], root_ids: Collection[str], **more: str) -> Sequence[Any]:
    return connection.execute(statement, {"roots": list(root_ids), **more}).all() if root_ids else ()


def _json(value: Stored) -> str:
    return _encode(value).decode()


def _of_roots(rows: Table, *fields: str) -> Select[Any]:
    """The rows of all entities that are linked to the wanted roots."""
    return (
        select(_entities.c.root_id, *(rows.c[name] for name in fields))
        .join_from(_entities, rows, rows.c.entity_id == _entities.c.id)
        .where(among(_entities.c.root_id, "roots"))
    )


_VALUES = _of_roots(field_values, "entity_id", "field", "path", "at", "value", "given", "valid", "message_id")
_SETTLED = select(*(winners.c[name] for name in _WINNER_COLUMNS)).where(among(winners.c.entity_id, "roots"))
_WINNERS = _SETTLED.where(winners.c.value != _json(CLEARED))
_CLEARED = _SETTLED.where(winners.c.value == _json(CLEARED))
_VERIFIED = _of_roots(verifications, "field", "value", "at")
_FORGET = delete(winners).where(winners.c.entity_id == bindparam("root"), winners.c.field == bindparam("name"))

_target, _holder = _entities.alias("target"), _entities.alias("holder")
_RELATED = (
    select(_target.c.root_id, _holder.c.id)
    .join_from(_target, winners, winners.c.value == literal_column("'\"'") + _target.c.id + literal_column("'\"'"))
    .join(_holder, _holder.c.id == winners.c.entity_id)
    .where(among(_target.c.root_id, "roots"), IS_RELATION)
    .where(_holder.c.kind == bindparam("kind"), _holder.c.id == _holder.c.root_id)
)

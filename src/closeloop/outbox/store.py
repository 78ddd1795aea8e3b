"""The outbox's tables: commands with a key, and what each outside system is known to hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, RowMapping, Select, and_, bindparam, column, or_, select, update
from sqlalchemy import table as known_table

from closeloop.db import INT, TEXT, among, put, table
from closeloop.outbox.nouns import Held, Link, Planned, Posted, Settlement, Shadow, ShadowKey
from closeloop.ports import Command, Ref, Verb
from closeloop.words.moment import from_us, to_us

LEASE = timedelta(seconds=60)
"""How long a worker may take over a batch before another one may try."""

# fmt: off
commands = table(
    "commands",
    Column("key", TEXT, primary_key=True),
    Column("source", TEXT, nullable=False),         # crm, ma, mail
    Column("verb", TEXT, nullable=False),
    Column("object", TEXT, nullable=False),
    Column("ref_object", TEXT),
    Column("ref_id", TEXT),
    Column("our_key", TEXT),
    Column("fields", TEXT, nullable=False),         # JSON
    Column("refs", TEXT, nullable=False),           # JSON
    Column("after", TEXT),                          # key of a command that must be done first
    Column("person_id", TEXT),
    Column("lead_id", TEXT),
    Column("why", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),     # what brought it about
    Column("created_at", INT, nullable=False),
    Column("no", INT, nullable=False),              # order among those created at once
    Column("state", TEXT, nullable=False),          # waiting | leased | done | dead
    Column("attempts", INT, nullable=False),        # how often it was sent, lost answers included
    Column("answers", INT, nullable=False),         # how often it was answered
    Column("not_before", INT, nullable=False),
    Column("leased_by", TEXT),
    Column("leased_until", INT),
    Column("answer_id", TEXT),                      # id of the record made or changed
    Column("reason", TEXT),
    Column("answered_at", INT),
    Column("verified", INT, nullable=False),
    Index(None, "state", "source", "not_before"),
    Index(None, "person_id", "source"),
    Index(None, "lead_id"),
)
shadows = table(
    "shadows",                                      # what each side was last known to hold
    Column("source", TEXT, primary_key=True),
    Column("object", TEXT, primary_key=True),
    Column("record_id", TEXT, primary_key=True),
    Column("fields", TEXT, nullable=False),         # JSON
    rowid=False,
)
# fmt: on
# Identity's, joined and never written.
_entities = known_table("entities", column("id", TEXT), column("root_id", TEXT))
_keys = known_table("keys", *(column(name, TEXT) for name in ("kind", "value", "entity_id")), column("at", INT))
_merges = known_table(
    "merges",
    *(column(name, TEXT) for name in ("id", "survivor_id", "loser_id", "by", "reason")),
    *(column(name, INT) for name in ("at", "undone_at")),
)
_HELD = select(_keys.c.kind, _keys.c.value, _keys.c.entity_id, _entities.c.root_id).join_from(
    _entities, _keys, _keys.c.entity_id == _entities.c.id
)

_PLANNED = (
    "key", "source", "verb", "object", "ref_object", "ref_id", "our_key", "fields", "refs", "after",
    "person_id", "lead_id", "why", "message_id", "created_at", "no",
    "state", "attempts", "answers", "not_before", "verified",
)  # fmt: skip


def plan(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    """Write commands to be sent; one whose key is there already is not written again."""
    rows = []
    for no, each in enumerate(planned):
        command, ref = each.command, each.command.ref
        refs = {name: [ref.object, ref.id] for name, ref in command.refs.items()}
        rows.append(
            (
                command.key,
                each.source,
                command.verb.value,
                command.object,
                ref.object if ref else None,
                ref.id if ref else None,
                command.our_key,
                json.dumps(dict(command.fields), ensure_ascii=False),
                json.dumps(refs),
                each.after,
                each.person_id,
                each.lead_id,
                each.why,
                each.message_id,
                to_us(now),
                no,
                "waiting",
                0,
                0,
                to_us(now),
                0,
            )
        )
    put(connection, commands, _PLANNED, rows, "keep")


def claim(connection: Connection, source: str, now: datetime, n: int, worker: str) -> list[Posted]:
    """Lease up to `n` commands of one connection, in the order in which they were made.

    Of one person only the earliest unfinished command is taken, so that an update never overtakes the create before it;
    one that can never go, since the create that it needs is dead, holds up nobody.
    A lease that ran out is taken again: its answer may have been lost, which the attempt tells the connector.
    """
    rows = connection.execute(_CLAIMABLE, {"source": source, "now": to_us(now), "most": n}).mappings().all()
    if not rows:
        return []
    keys = [row["key"] for row in rows]
    connection.execute(
        update(commands)
        .where(among(commands.c.key, keys))
        .values(state="leased", attempts=commands.c.attempts + 1, leased_by=worker, leased_until=to_us(now + LEASE))
    )
    made = _answer_ids(connection, [row["after"] for row in rows if row["after"]])
    return [_posted(row, attempts=row["attempts"] + 1, made=made) for row in rows]


def end_leases(connection: Connection, keys: Sequence[str], worker: str) -> set[str]:
    """These commands were answered: nobody sends them again while their answers wait to be decided.

    Returns those that this worker still held: the answer of a worker that was given up is not taken.
    """
    held = and_(among(commands.c.key, keys), commands.c.leased_by == worker, commands.c.state == "leased")
    statement = update(commands).where(held, commands.c.leased_until.is_not(None)).values(leased_until=None)
    return set(connection.execute(statement.returning(commands.c.key)).scalars())


def load(connection: Connection, keys: Iterable[str]) -> dict[str, Posted]:
    """Commands by key."""
    statement = select(commands).where(among(commands.c.key, sorted(set(keys))))
    rows = connection.execute(statement.order_by(commands.c.created_at, commands.c.no, commands.c.key)).mappings()
    return {row["key"]: _posted(row, attempts=row["attempts"], made={}) for row in rows}


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write what became of commands."""
    for each in settlements:
        connection.execute(
            update(commands)
            .where(commands.c.key == each.key)
            .values(
                state=each.state,
                not_before=to_us(each.not_before),
                answer_id=each.answer_id,
                reason=each.reason,
                answered_at=to_us(each.answered_at),
                answers=commands.c.answers + 1,
                verified=int(each.verified),
                leased_by=None,
                leased_until=None,
            )
        )


def revive(connection: Connection, keys: Sequence[str], now: datetime) -> int:
    """Give dead commands another life, after somebody mended what killed them."""
    statement = update(commands).where(among(commands.c.key, keys), commands.c.state == "dead")
    return connection.execute(statement.values(state="waiting", answers=0, not_before=to_us(now), reason=None)).rowcount


def pending_creates(connection: Connection, roots: Sequence[str]) -> dict[str, dict[tuple[str, str], str]]:
    """Person (root) → (connection, object) → key of a create, for them or somebody linked to them, still unanswered."""
    statement = (
        select(_entities.c.root_id, commands.c.source, commands.c.object, commands.c.key, commands.c.state)
        .join_from(_entities, commands, commands.c.person_id == _entities.c.id)
        .where(among(_entities.c.root_id, roots), commands.c.verb == Verb.CREATE.value)
        .order_by(commands.c.created_at, commands.c.no)
    )
    found: dict[str, dict[tuple[str, str], str]] = {}
    for root, source, object_name, key, state in connection.execute(statement):
        if state in ("waiting", "leased"):  # asked here, lest the index by state is taken: it holds the whole backlog
            found.setdefault(root, {})[source, object_name] = key
    return found


def load_merges(connection: Connection, roots: Iterable[str]) -> list[Posted]:
    """Every MERGE that was planned for these people or somebody linked to them, in whatever state, in order."""
    statement = (
        select(commands)
        .join_from(_entities, commands, commands.c.person_id == _entities.c.id)
        .where(among(_entities.c.root_id, sorted(set(roots))), commands.c.verb == Verb.MERGE.value)
        .order_by(commands.c.created_at, commands.c.no, commands.c.key)
    )
    return [_posted(row, attempts=row["attempts"], made={}) for row in connection.execute(statement).mappings()]


def follow_merge(connection: Connection, root: str, source: str, loser: Ref, survivor: Ref, now: datetime) -> None:
    """What still waits for a merged record: its fields are decided anew, the rest goes to the one that survived."""
    waiting = and_(
        commands.c.person_id.in_(select(_entities.c.id).where(_entities.c.root_id == root)),
        commands.c.source == source,
        commands.c.ref_object == loser.object,
        commands.c.ref_id == loser.id,
        commands.c.state.in_(("waiting", "leased")),
    )
    reason = f"{loser.object} {loser.id} was merged into {survivor.id}; what it should hold is decided there"
    connection.execute(
        update(commands)
        .where(waiting, commands.c.verb == Verb.UPDATE.value)
        .values(state="done", reason=reason, answered_at=to_us(now), leased_by=None, leased_until=None)
    )
    connection.execute(update(commands).where(waiting).values(ref_id=survivor.id))


def load_held(connection: Connection, roots: Iterable[str], kinds: Iterable[str]) -> dict[str, list[Held]]:
    """Root → its records outside, those of its oldest entity first, and of one entity those known the longest.

    Args:
        kinds: of keys, connection and object: "crm.Contact".
    """
    statement = _HELD.where(among(_entities.c.root_id, sorted(set(roots))), among(_keys.c.kind, sorted(set(kinds))))
    order = (_entities.c.root_id, _keys.c.entity_id, _keys.c.at, _keys.c.kind, _keys.c.value)
    found: dict[str, list[Held]] = {}
    for row in connection.execute(statement.order_by(*order)):
        found.setdefault(row.root_id, []).append(_held(row))
    return found


def whose(connection: Connection, records: Iterable[ShadowKey]) -> dict[ShadowKey, str]:
    """Record → the person (root) that it belongs to."""
    by_kind: dict[str, list[str]] = {}
    for source, name, record_id in sorted(set(records)):
        by_kind.setdefault(f"{source}.{name}", []).append(record_id)
    found = [
        _held(row)
        for kind, ids in by_kind.items()
        for row in connection.execute(_HELD.where(_keys.c.kind == kind, among(_keys.c.value, ids)))
    ]
    return {each.key: each.root_id for each in found}


def load_links(connection: Connection, roots: Iterable[str]) -> list[Link]:
    """The merges that made these people what they are, in the order in which they were made."""
    statement = (
        select(_merges.c.id, _merges.c.survivor_id, _merges.c.loser_id, _merges.c.by, _merges.c.reason)
        .join_from(_entities, _merges, _merges.c.survivor_id == _entities.c.id)
        .where(among(_entities.c.root_id, sorted(set(roots))), _merges.c.undone_at.is_(None))
        .order_by(_merges.c.at, _merges.c.id)
    )
    return [
        Link(id_, survivor, loser, f"{by}: {why}") for id_, survivor, loser, by, why in connection.execute(statement)
    ]


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


def _held(row: Row[Any, Any, Any, Any]) -> Held:
    source, _, object_name = row.kind.partition(".")
    return Held(source, object_name, row.value, row.entity_id, row.root_id)


def _answer_ids(connection: Connection, keys: Sequence[str]) -> dict[str, Ref]:
    """Create → the record that it made."""
    statement = select(commands.c.key, commands.c.object, commands.c.answer_id).where(
        among(commands.c.key, keys), commands.c.answer_id.is_not(None)
    )
    return {key: Ref(object_name, answer_id) for key, object_name, answer_id in connection.execute(statement)}


def _posted(row: RowMapping, attempts: int, made: Mapping[str, Ref]) -> Posted:
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
    return Posted(planned, row["state"], row["answers"], from_us(row["created_at"]), bool(row["verified"]))


def _claimable() -> Select[Any]:
    """Commands of a connection that may go now; built once, since every sender asks several times a second."""
    earlier, lost = commands.alias("earlier"), commands.alias("lost")
    orphaned = select(lost.c.key).where(lost.c.key == earlier.c.after, lost.c.state == "dead").exists()
    blocked = (
        select(earlier.c.key)
        .where(
            earlier.c.source == commands.c.source,
            earlier.c.person_id == commands.c.person_id,
            earlier.c.state.in_(("waiting", "leased")),
            ~orphaned,
            or_(
                earlier.c.created_at < commands.c.created_at,
                and_(earlier.c.created_at == commands.c.created_at, earlier.c.no < commands.c.no),
            ),
        )
        .exists()
    )
    parent = commands.alias("parent")
    ready = or_(
        commands.c.after.is_(None),
        select(parent.c.key).where(parent.c.key == commands.c.after, parent.c.state == "done").exists(),
    )
    return (
        select(commands)
        .where(
            commands.c.source == bindparam("source"),
            commands.c.not_before <= bindparam("now"),
            or_(
                commands.c.state == "waiting",
                and_(commands.c.state == "leased", commands.c.leased_until < bindparam("now")),
            ),
            ~blocked,
            ready,
        )
        .order_by(commands.c.created_at, commands.c.no, commands.c.key)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=commands)
    )


_CLAIMABLE = _claimable()

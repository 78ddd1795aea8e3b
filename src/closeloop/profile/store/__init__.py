"""The profile's tables: touches, and one fading sum per person, product and scoring line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec.json import Decoder, Encoder
from sqlalchemy import Column, ColumnElement, Connection, Index, Select, bindparam, column, delete, func, select, update
from sqlalchemy import table as known_table

from closeloop.db import INT, REAL, TEXT, among, put, table
from closeloop.ports import Value
from closeloop.process.nouns import Process
from closeloop.profile.nouns import ScoreSum, Touch
from closeloop.profile.score import fold
from closeloop.words.moment import from_us, to_us

# fmt: off
touches = table(
    "touches",
    Column("id", TEXT, primary_key=True),           # the message's id
    Column("person_id", TEXT),                      # own entity, not the root; NULL while nobody is known
    Column("visitor", TEXT),
    Column("identified", INT, nullable=False),      # the message itself named the person
    Column("kind", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("campaign", TEXT),
    Column("product", TEXT),
    Column("topic", TEXT),
    Column("url", TEXT),
    Column("seller", TEXT),                         # for acts of sellers: the team member
    Column("props", TEXT, nullable=False),
    Index(None, "person_id", "at"),
    Index(None, "visitor", "identified"),
    rowid=False,
)
sums = table(
    "sums",
    Column("person_id", TEXT, primary_key=True),    # own entity; a merge adds
    Column("product", TEXT, primary_key=True),      # '' counts for every product
    Column("line", TEXT, primary_key=True),         # interest[2]
    Column("points", REAL, nullable=False),         # as of `at`, uncapped
    Column("at", INT, nullable=False),
    Column("n", INT, nullable=False),
    rowid=False,
)
# fmt: on
_entities = known_table("entities", column("id", TEXT), column("root_id", TEXT))

_encode = Encoder().encode
_decode = Decoder(dict[str, Value]).decode

_TOUCH_COLUMNS = (
    "id", "person_id", "visitor", "identified", "kind", "at", "source", "campaign", "product", "topic", "url",
    "seller", "props",
)  # fmt: skip
_SUM_COLUMNS = ("person_id", "product", "line", "points", "at", "n")


def save_touches(connection: Connection, rows: Iterable[Touch]) -> None:
    """Keep touches; one that is there already stays as it is."""
    put(connection, touches, _TOUCH_COLUMNS, [_row(touch) for touch in rows], "keep")


def load_touches(connection: Connection, root_ids: Collection[str], n_each: int = 1_000) -> dict[str, list[Touch]]:
    """Root id → the latest `n_each` touches of its linked entities, newest first; a root without any is absent."""
    found: dict[str, list[Touch]] = {}
    for root_id, *row in _rows(connection, _LATEST, "roots", root_ids, n_each=n_each):
        found.setdefault(root_id, []).append(_touch(row))
    return found


def load_latest(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, Touch]]:
    """Root id → product → the latest touch that spoke of it, acts of sellers left out."""
    found: dict[str, dict[str, Touch]] = {}
    for root_id, *row in _rows(connection, _LATEST_OF_PRODUCT, "roots", root_ids):
        touch = _touch(row)
        found.setdefault(root_id, {})[touch.product or ""] = touch
    return found


def visitor_touches(connection: Connection, visitors: Collection[str]) -> list[Touch]:
    """The touches on these browsers that do not name their person themselves."""
    return [_touch(row) for row in _rows(connection, _ANONYMOUS, "visitors", visitors)]


def last_acts(connection: Connection, root_ids: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Root id → kind of touch → when the person last did that; acts of sellers do not count."""
    found: dict[str, dict[str, datetime]] = {}
    for root_id, kind, at in _rows(connection, _LAST_ACTS, "roots", root_ids):
        found.setdefault(root_id, {})[kind] = from_us(at)
    return found


def named_visits(connection: Connection, visitors: Collection[str]) -> dict[str, list[tuple[datetime, str]]]:
    """Visitor → when who was named there by an act of their own: (time, own entity of the person), in order."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    for visitor, at, person_id in _rows(connection, _NAMED, "visitors", visitors):
        found.setdefault(visitor, []).append((from_us(at), person_id))
    return found


def reassign(connection: Connection, moved: Sequence[Touch]) -> None:
    """Write whose these touches are now; `rebuild` the sums of all whom it concerns afterwards."""
    if moved:
        connection.execute(_REASSIGN, [{"touch": touch.id, "person": touch.person_id} for touch in moved])


def load_sums(connection: Connection, root_ids: Collection[str]) -> dict[str, list[ScoreSum]]:
    """Root id → the sums of all entities linked to it. A root without any is absent."""
    found: dict[str, list[ScoreSum]] = {}
    for root_id, person_id, product, line, points, at, n in _rows(connection, _SUMS, "roots", root_ids):
        found.setdefault(root_id, []).append(ScoreSum(person_id, product, line, points, from_us(at), n))
    return found


def save_sums(connection: Connection, rows: Iterable[ScoreSum]) -> None:
    """Write sums in place of those for the same person, product and line; each at most once in `rows`."""
    put(connection, sums, _SUM_COLUMNS, [(*row[:4], to_us(row.at), row.n) for row in rows], "replace")


def rebuild(connection: Connection, person_ids: Collection[str], process: Process) -> None:
    """Make the sums of these people (own entities) anew from all their touches, in the order of time.

    For touches that changed hands, and for a new version of the process with other scoring lines.
    """
    if not person_ids:
        return
    theirs = [_touch(row) for row in _rows(connection, _OWN, "people", person_ids)]
    connection.execute(_FORGET, {"people": list(person_ids)})
    save_sums(connection, fold({}, theirs, process).values())


def named_on(connection: Connection, family: Collection[str]) -> set[str]:
    """The browsers on which the person did something under their own name."""
    statement = select(touches.c.visitor).where(among(touches.c.person_id, list(family)))
    return {visitor for visitor in connection.execute(statement.distinct()).scalars() if visitor is not None}


def also_named_on(connection: Connection, family: Collection[str], visitors: Collection[str]) -> set[str]:
    """Those browsers on which somebody else did something under their own name too."""
    statement = select(touches.c.visitor, touches.c.person_id).where(among(touches.c.visitor, list(visitors)))
    named = statement.where(touches.c.person_id.is_not(None)).distinct()
    return {visitor for visitor, person in connection.execute(named) if person not in set(family)}


def erase(connection: Connection, family: Collection[str], visitors: Collection[str]) -> None:
    """Forget what the person did, also on browsers that nobody else was seen on, and how it was scored."""
    connection.execute(delete(touches).where(among(touches.c.person_id, list(family))))
    connection.execute(delete(touches).where(among(touches.c.visitor, list(visitors)), touches.c.person_id.is_(None)))
    connection.execute(_FORGET, {"people": list(family)})


def _rows(
    connection: Connection, statement: Select[Any], wanted: str, ids: Collection[str], **more: int
) -> Sequence[Any]:
    return connection.execute(statement, {wanted: list(ids), **more}).all() if ids else ()


def _row(touch: Touch) -> tuple[str | int | None, ...]:
    props = touch.props if touch.depth is None else {**touch.props, "depth": touch.depth}
    return (
        touch.id, touch.person_id, touch.visitor, int(touch.identified), touch.kind, to_us(touch.at), touch.source,
        touch.campaign, touch.product, touch.topic, touch.url, touch.seller, _encode(props).decode(),
    )  # fmt: skip


def _touch(row: Sequence[Any]) -> Touch:
    id_, person_id, visitor, identified, kind, at, source, campaign, product, topic, url, seller, said = row
    props = _decode(said)
    depth = props.pop("depth", None)
    return Touch(
        id_, person_id, visitor, identified == 1, kind, from_us(at), source, campaign, product, topic,
        depth if isinstance(depth, int) else None, url, seller, props,
    )  # fmt: skip


_touch_columns = [touches.c[name] for name in _TOUCH_COLUMNS]
_ANONYMOUS = select(*_touch_columns).where(among(touches.c.visitor, "visitors"), touches.c.identified == 0)
_NAMED = (
    select(touches.c.visitor, touches.c.at, touches.c.person_id)
    .where(among(touches.c.visitor, "visitors"), touches.c.identified == 1)
    .where(touches.c.person_id.is_not(None), touches.c.seller.is_(None))
    .order_by(touches.c.visitor, touches.c.at, touches.c.person_id)
)
_LAST_ACTS = (
    select(_entities.c.root_id, touches.c.kind, func.max(touches.c.at))
    .join_from(_entities, touches, touches.c.person_id == _entities.c.id)
    .where(among(_entities.c.root_id, "roots"), touches.c.seller.is_(None))
    .group_by(_entities.c.root_id, touches.c.kind)
)
_OWN = select(*_touch_columns).where(among(touches.c.person_id, "people")).order_by(touches.c.at, touches.c.id)
_newest_first = (touches.c.at.desc(), touches.c.id.desc())


def _ranked(*groups: ColumnElement[str]) -> Select[Any]:
    """The touches of the wanted roots, numbered from the newest on in each group."""
    rank = func.row_number().over(partition_by=groups, order_by=_newest_first).label("place")
    return (
        select(_entities.c.root_id, *_touch_columns, rank)
        .join_from(_entities, touches, touches.c.person_id == _entities.c.id)
        .where(among(_entities.c.root_id, "roots"))
    )


_all = _ranked(_entities.c.root_id).subquery()
_LATEST = (
    select(_all.c.root_id, *(_all.c[name] for name in _TOUCH_COLUMNS))
    .where(_all.c.place <= bindparam("n_each"))
    .order_by(_all.c.root_id, _all.c.place)
)
_of_products = (
    _ranked(_entities.c.root_id, touches.c.product)
    .where(touches.c.product.is_not(None), touches.c.seller.is_(None))
    .subquery()
)
_LATEST_OF_PRODUCT = select(_of_products.c.root_id, *(_of_products.c[name] for name in _TOUCH_COLUMNS)).where(
    _of_products.c.place == 1
)
_SUMS = (
    select(_entities.c.root_id, *(sums.c[name] for name in _SUM_COLUMNS))
    .join_from(_entities, sums, sums.c.person_id == _entities.c.id)
    .where(among(_entities.c.root_id, "roots"))
    .order_by(sums.c.person_id, sums.c.product, sums.c.line)
)
_REASSIGN = update(touches).where(touches.c.id == bindparam("touch")).values(person_id=bindparam("person"))
_FORGET = delete(sums).where(among(sums.c.person_id, "people"))

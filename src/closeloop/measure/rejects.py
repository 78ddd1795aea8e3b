"""What was refused or held back, grouped by cause: how many, what to do, one to look at, all to try again together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, text

from closeloop.measure.stored import moment
from closeloop.outbox.rejects import Cause, cause_of, is_held_back


@dataclass(frozen=True, slots=True)
class Rejects:
    """Commands that one system refused for one cause.

    Attributes:
        key: of the cause, without values and ids.
        what, remedy: for people.
        n: given up; `n_put_off`: still tried again from time to time.
        verbs: what was asked of the system, the most frequent first.
        reason: of the example, word for word, with field and value.
        example: the key of one of them; a click on "retry" names such a key.
        since, last_at: when the first and the last of them were answered.
    """

    source: str
    key: str
    what: str
    remedy: str
    n: int
    n_put_off: int
    verbs: tuple[str, ...]
    reason: str
    example: str
    since: datetime | None
    last_at: datetime | None

    @property
    def id(self) -> str:
        """What to call it by: "crm:too_long:lead.title"."""
        return f"{self.source}:{self.key}"

    @property
    def is_held_back(self) -> bool:
        """Whether the hub held them back, and no system refused them."""
        return is_held_back(self.reason)


_REFUSALS = text("""
    SELECT source, state, verb, object, reason, n, since, last_at, example_key FROM v_refusals
    ORDER BY source, n DESC, reason, verb, object""")
_DEAD = text("""
    SELECT key, verb, object, COALESCE(reason, '') AS reason FROM v_commands
    WHERE state = 'dead' AND source = :source ORDER BY created_at, no, key""")
_ONE = text("""
    SELECT source, verb, object, COALESCE(reason, '') AS reason FROM v_commands WHERE key = :key AND state = 'dead'""")


def rejects(connection: Connection) -> tuple[Rejects, ...]:
    """Every cause for which commands were given up or put off, the one with the most given up first."""
    groups: dict[tuple[str, str], tuple[Cause, list[Row[Any]]]] = {}
    for row in connection.execute(_REFUSALS):
        cause = cause_of(row.verb, row.object, row.reason)
        groups.setdefault((row.source, cause.key), (cause, []))[1].append(row)
    found = [_grouped(source, cause, rows) for (source, _), (cause, rows) in groups.items()]
    return tuple(sorted(found, key=lambda each: (-each.n, each.source, each.key)))


def rejected(
    connection: Connection, source: str, causes: Collection[str], at_most: int | None = 100
) -> tuple[str, ...]:
    """Keys of the commands that this system refused for one of these causes and that were given up, in their order.

    Args:
        causes: their keys.
        at_most: None is all of them.
    """
    return tuple(islice(_dead(connection, source, causes), at_most))


def dead_like(connection: Connection, key: str, at_most: int) -> tuple[str, ...]:
    """Keys of the dead commands of the same end and cause as this one, it first, then in their order.

    Returns:
        0..at_most keys; none when the command is not dead, or not known.
    """
    one = connection.execute(_ONE, {"key": key}).first()
    if one is None:
        return ()
    cause = cause_of(one.verb, one.object, one.reason).key
    others = (each for each in _dead(connection, one.source, [cause]) if each != key)
    return (key, *islice(others, at_most - 1))


def _dead(connection: Connection, source: str, causes: Collection[str]) -> Iterator[str]:
    is_it = cache(lambda verb, name, reason: cause_of(verb, name, reason).key in causes)
    for row in connection.execute(_DEAD, {"source": source}):
        if is_it(row.verb, row.object, row.reason):
            yield row.key


def _grouped(source: str, cause: Cause, rows: Sequence[Row[Any]]) -> Rejects:
    n = Counter[str]()
    verbs = Counter[str]()
    for row in rows:
        n[row.state] += row.n
        verbs[row.verb] += row.n
    example = next((row for row in rows if row.state == "dead"), rows[0])
    since = min((row.since for row in rows if row.since is not None), default=None)
    last = max((row.last_at for row in rows if row.last_at is not None), default=None)
    return Rejects(
        source, cause.key, cause.what, cause.remedy, n["dead"], n["waiting"], tuple(dict(verbs.most_common())),
        example.reason, example.example_key, moment(since), moment(last),
    )  # fmt: skip

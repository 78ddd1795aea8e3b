"""The sums of a part of the base made anew, where a process counts by other lines than the one that made them.

Which touches count for which line, the database says, by the same conditions; what they add up to, Python, in the order
of time: powers of two differ in the last place from engine to engine, and a replay must come to the same sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, NamedTuple, cast

from msgspec.json import Decoder
from sqlalchemy import Connection, text

from closeloop.db import put
from closeloop.process.nouns import Process, ScoreLine
from closeloop.process.touches import TOUCH_NAMES
from closeloop.profile.nouns import Touch
from closeloop.profile.scope import TouchScope
from closeloop.profile.store import sums
from closeloop.rules import Vocabulary, tree
from closeloop.rules.rule import walk
from closeloop.rules.sql import to_sql
from closeloop.rules.staged import Staged, staged_for
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us

_COLUMNS = frozenset({"topic", "campaign", "source", "product"})
"""Names of a touch that stand in a column of that name, as conditions see them; its others do not."""
_SAME = 1e-9
_props = Decoder(dict[str, Any]).decode


class Rebuilt(NamedTuple):
    """People (roots) whose sums are others now, and line → why its condition was asked touch by touch."""

    changed: set[str]
    by_row: Mapping[str, str]


def rebuild_part(connection: Connection, process: Process, lines: Sequence[str], after: str, last: str) -> Rebuilt:
    """Make the sums of some lines anew from all touches, for the people of the roots after one id up to another.

    Sums that only the order of adding tells apart stay as they are. Those of lines that the process has not go.

    Args:
        lines: ids of scoring lines, of this process or of those before it.
    """
    stale = set(lines)
    wanted = [line for line in process.interest if line.id in stale]
    plan = _Plan(wanted, cast("Literal['sqlite', 'postgresql']", connection.dialect.name))
    found: dict[_Key, _Sum] = {}
    root_of: dict[str, str] = {}
    for person, root, product, kind, at, *rest in plan.rows(connection, after, last):
        root_of[person] = root
        for line, holds in plan.of_kind[kind]:
            if holds(rest):
                key = (person, product, line.id)
                found[key] = _later(found.get(key), line, at)
    old: dict[_Key, _Sum] = {}
    for person, root, product, line_id, points, at, n in connection.execute(text(_OLD), {"after": after, "last": last}):
        if line_id in stale:
            root_of[person] = root
            old[person, product, line_id] = points, at, n
    news = [(*key, *each) for key, each in found.items() if not _same(old.get(key), each)]
    gone = [key for key in old if key not in found]
    put(connection, sums, ("person_id", "product", "line", "points", "at", "n"), news, "replace")
    if gone:
        connection.execute(text(_FORGET), [dict(zip(("person", "product", "line"), key, strict=True)) for key in gone])
    return Rebuilt({root_of[str(row[0])] for row in (*news, *gone)}, plan.by_row)


_Key = tuple[str, str, str]
"""Person, product, line."""
_Sum = tuple[float, int, int]
"""Points, microseconds, number."""


def _later(before: _Sum | None, line: _Line, at: int) -> _Sum:
    """Points, time and number with one act more that is no earlier, as `score.fold` adds them, digit for digit."""
    if before is None:
        return line.points, at, 1
    points, since, n = before
    if line.half_life and at > since:
        points *= 2.0 ** -((at - since) / line.half_life)
    return points + line.points, at, n + 1


class _Line(NamedTuple):
    """A scoring line with its half-life in microseconds, 0 where it has none."""

    id: str
    points: float
    half_life: int


def _same(old: _Sum | None, new: _Sum) -> bool:
    return old is not None and old[1:] == new[1:] and abs(old[0] - new[0]) <= _SAME * max(1.0, abs(new[0]))


Holds = Callable[[Sequence[Any]], bool]


class _Plan:
    """One query for all touches that may count, with a column for each condition that the database answers.

    Attributes:
        of_kind: kind of touch → the lines that it may count for, and how to tell from the rest of a row.
        by_row: line → why its condition is asked of each touch.
    """

    def __init__(self, lines: Sequence[ScoreLine], dialect: Literal["sqlite", "postgresql"]) -> None:
        self._parameters: list[object] = []
        self._columns: list[str] = []
        self.by_row: dict[str, str] = {}
        self.of_kind: dict[str, list[tuple[_Line, Holds]]] = {}
        self._mark = "?" if dialect == "sqlite" else "%s"
        staged = staged_for([line.when for line in lines if line.when is not None], Vocabulary(TOUCH_NAMES))
        self._staged = ", ".join(
            f't.{name} AS "{column.part("text")}"' for name, column in staged.columns.items() if name in _COLUMNS
        )
        answers: dict[str, Holds] = {}
        for line in lines:
            if line.when is not None:
                answers[line.id] = self._asked(line, staged, dialect)
        if self.by_row:
            self._columns += [f"s.{name}" for name in _OF_A_TOUCH]
        for line in lines:
            if line.on is not None:
                half_life = (line.half_life or timedelta(0)) // timedelta(microseconds=1)
                counted = _Line(line.id, float(line.points), half_life)
                self.of_kind.setdefault(line.on, []).append((counted, answers.get(line.id, _always)))

    def rows(self, connection: Connection, after: str, last: str) -> Sequence[Any]:
        """Person, root, product, kind and time of each touch, and the columns."""
        if not self.of_kind:
            return ()
        kinds = ", ".join(self._mark for _ in self.of_kind)
        columns = "".join(f", {each}" for each in self._columns)
        staged = f", {self._staged}" if self._staged else ""
        said = f"""
            SELECT s.person_id, s.root_id, COALESCE(s.product, ''), s.kind, s.at{columns}
            FROM (
              SELECT e.root_id, t.*{staged} FROM entities e JOIN touches t ON t.person_id = e.id
              WHERE e.kind = 'person' AND e.root_id > {self._mark} AND e.root_id <= {self._mark}
                AND t.seller IS NULL AND t.kind IN ({kinds})
            ) AS s
            ORDER BY s.person_id, s.at, s.id
        """  # noqa: S608 - conditions by the compiler, the rest ours
        return connection.exec_driver_sql(said, (*self._parameters, after, last, *self.of_kind)).all()

    def _asked(self, line: ScoreLine, staged: Staged, dialect: Literal["sqlite", "postgresql"]) -> Holds:
        rule = line.when
        assert rule is not None  # noqa: S101 - asked of lines with a condition alone
        strange = ", ".join(sorted(rule.names - _COLUMNS))
        if strange or _speaks_of_now(line):
            self.by_row[line.id] = f"{strange or 'the moment'} of a touch is read by Python"
            return _cached(line)
        try:
            said = to_sql(rule, staged, dialect, from_us(0))
        except BadInput as error:
            self.by_row[line.id] = str(error)
            return _cached(line)
        at = len(self._columns)
        self._columns.append(said.text)
        self._parameters += said.parameters
        return lambda rest: bool(rest[at])


def _cached(line: ScoreLine) -> Holds:
    """The condition asked of a touch, once for all that say the same."""
    known: dict[tuple[object, ...], bool] = {}
    its_own = _speaks_of_now(line)

    def holds(rest: Sequence[Any]) -> bool:
        topic, campaign, source, product, url, props, at = rest[-len(_OF_A_TOUCH) :]
        said = (topic, campaign, source, product, url, props, at if its_own else 0)
        if said not in known:
            depth = _props(props).get("depth")
            touch = Touch(
                "", None, None, True, line.on or "", from_us(at), source, campaign, product, topic,
                depth if isinstance(depth, int) else None, url, None, {},
            )  # fmt: skip
            known[said] = line.when is None or line.when.test(TouchScope(touch))
        return known[said]

    return holds


def _speaks_of_now(line: ScoreLine) -> bool:
    return line.when is not None and any(isinstance(node, tree.Ago) for node in walk(line.when.tree))


def _always(_: Sequence[Any]) -> bool:
    return True


_OF_A_TOUCH = ("topic", "campaign", "source", "product", "url", "props", "at")
_OLD = """
SELECT sums.person_id, e.root_id, sums.product, sums.line, sums.points, sums.at, sums.n
FROM entities e JOIN sums ON sums.person_id = e.id
WHERE e.kind = 'person' AND e.root_id > :after AND e.root_id <= :last
"""
_FORGET = "DELETE FROM sums WHERE person_id = :person AND product = :product AND line = :line"

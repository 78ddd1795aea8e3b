"""Plans as they were made, line by line, and what came of those that were approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, text

from closeloop.measure.stored import moment
from closeloop.outbox.plans import Line, Plan
from closeloop.words.moment import from_us
from closeloop.words.verbs import REFUSED


@dataclass(frozen=True, slots=True)
class Listed:
    """A plan without its lines.

    Attributes:
        state: open | applying | applied | void; only the newest is open.
        n_sent, n: of an approved one, commands that were answered for good, and all.
    """

    id: str
    made_at: datetime
    signed: str
    sources: tuple[str, ...]
    state: str
    approved_at: datetime | None
    approved_by: str | None
    applied_at: datetime | None
    n_sent: int
    n: int


@dataclass(frozen=True, slots=True)
class Came:
    """What was planned of one kind at one system, and what came of it.

    Attributes:
        kind: a verb, or "refused".
        left: still to be sent, or sent and not answered.
    """

    source: str
    kind: str
    planned: int
    done: int
    left: int


_LISTED = text("""
    SELECT id, made_at, signed, sources, state, approved_at, approved_by, applied_at FROM v_plans
    ORDER BY made_at DESC, id DESC LIMIT :most""")
_ONE = text("""
    SELECT id, made_at, signed, sources, state, approved_at, approved_by, applied_at FROM v_plans WHERE id = :id""")
_CONTENT = text("SELECT content FROM v_plans WHERE id = :id")
_STATES = text("""
    SELECT plan_id, state, COUNT(*) AS n FROM v_commands
    WHERE plan_id IN (SELECT id FROM v_plans ORDER BY made_at DESC, id DESC LIMIT :most) GROUP BY plan_id, state""")
_STATES_OF = text("SELECT state, COUNT(*) AS n FROM v_commands WHERE plan_id = :id GROUP BY state")
_OUTCOMES = text("""
    SELECT source, verb, state, COUNT(*) AS n FROM v_commands WHERE plan_id = :id GROUP BY source, verb, state""")
_FINAL = ("done", "dead")


def plans(connection: Connection, most: int = 20) -> tuple[Listed, ...]:
    """The latest plans, the newest first."""
    states: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(_STATES, {"most": most}):
        states[row.plan_id][row.state] = row.n
    return tuple(_listed(row, states[row.id]) for row in connection.execute(_LISTED, {"most": most}))


def listed_plan(connection: Connection, plan_id: str) -> Listed | None:
    """One plan without its lines; None when there is none with that id."""
    row = connection.execute(_ONE, {"id": plan_id}).first()
    if row is None:
        return None
    return _listed(row, {each.state: each.n for each in connection.execute(_STATES_OF, {"id": plan_id})})


def content_of(connection: Connection, plan_id: str) -> Plan | None:
    """A plan with all its lines; what was made never changes, so it may be kept."""
    content = connection.execute(_CONTENT, {"id": plan_id}).scalar()
    return None if content is None else msgspec.json.decode(content, type=Plan)


def came_of(connection: Connection, plan: Plan) -> tuple[Came, ...]:
    """What was planned and what came of it, by system and kind."""
    done: dict[tuple[str, str], int] = defaultdict(int)
    left: dict[tuple[str, str], int] = defaultdict(int)
    for row in connection.execute(_OUTCOMES, {"id": plan.id}):
        if row.state in _FINAL:
            done[row.source, row.verb if row.state == "done" else REFUSED] += row.n
        else:
            left[row.source, row.verb] += row.n
    return tuple(
        Came(source, kind, planned.get(kind, 0), done[source, kind], left[source, kind])
        for source, planned in plan.counts.items()
        for kind in dict.fromkeys((*planned, *(name for of, name in (*done, *left) if of == source)))
    )


def kind_of(line: Line) -> str:
    """What a line counts as: its verb, or "refused"."""
    return REFUSED if line.refused else line.verb


def lines_like(plan: Plan, source: str, kind: str, find: str) -> Sequence[Line]:
    """Lines of one system and kind that have a text in them, those that would be refused first; "" means any."""
    part = find.strip().casefold()
    found = [
        line
        for line in plan.lines
        if source in ("", line.source) and kind in ("", kind_of(line)) and (not part or part in _said(line))
    ]
    return sorted(found, key=lambda line: not line.refused)


def kinds_of(plan: Plan) -> Mapping[str, None]:
    """The kinds that a plan has lines of, in their order."""
    return dict.fromkeys(kind for counts in plan.counts.values() for kind in counts)


def _said(line: Line) -> str:
    changes = (f"{change.field} {change.old} {change.new}" for change in line.changes)
    return " ".join(
        filter(None, (line.who, line.object, line.record_id, line.loser, line.into, line.refused, line.why, *changes))
    ).casefold()


def _listed(row: Row[tuple[object, ...]], states: Mapping[str, int]) -> Listed:
    return Listed(
        row.id, from_us(row.made_at), row.signed, tuple(filter(None, row.sources.split(","))), row.state,
        moment(row.approved_at), row.approved_by, moment(row.applied_at),
        sum(states.get(state, 0) for state in _FINAL), sum(states.values()),
    )  # fmt: skip

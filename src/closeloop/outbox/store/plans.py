"""Plans as they were made, and the commands that belong to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection, and_, case, func, or_, select, update

from closeloop.db import INT, TEXT, among, put, table
from closeloop.outbox.nouns import UNFINISHED, Posted
from closeloop.outbox.plans import Plan, PlanState
from closeloop.outbox.store.posted import posted
from closeloop.outbox.store.tables import commands, sending
from closeloop.ports import Verb
from closeloop.words.moment import to_us

plans = table(
    "plans",
    Column("id", TEXT, primary_key=True),
    Column("made_at", INT, nullable=False),
    Column("signed", TEXT, nullable=False),
    Column("sources", TEXT, nullable=False),  # comma-separated
    Column("state", TEXT, nullable=False),  # open | applying | applied | void
    Column("content", TEXT, nullable=False),  # JSON
    Column("approved_at", INT),
    Column("approved_by", TEXT),
    Column("applied_at", INT),
)


def load_waiting(connection: Connection, sources: Sequence[str]) -> list[Posted]:
    """What waits to be sent to these connections, in the order in which it would go; but orders to erase."""
    statement = select(commands).where(
        commands.c.state == "waiting", commands.c.verb != Verb.ERASE.value, among(commands.c.source, sources)
    )
    rows = connection.execute(statement.order_by(commands.c.lane, commands.c.created_at, commands.c.no, commands.c.key))
    return [posted(row, attempts=row["attempts"], made={}) for row in rows.mappings()]


def outcomes(connection: Connection, plan: Plan) -> list[tuple[str, str, str, int]]:
    """Connection, verb, state and how many, of a plan's commands; "dropped" are those that nobody sent after all."""
    dropped = and_(commands.c.state == "done", commands.c.attempts == 0)
    state = case((dropped, "dropped"), else_=commands.c.state)
    columns = (commands.c.source, commands.c.verb, state)
    these = among(commands.c.key, [line.key for line in plan.lines])
    statement = select(*columns, func.count()).where(these).group_by(*columns)
    return [(source, verb, state, n) for source, verb, state, n in connection.execute(statement)]


def save_plan(connection: Connection, plan: Plan) -> None:
    """Keep a plan; it is open until it is applied, or another one is made."""
    connection.execute(update(plans).where(plans.c.state == "open").values(state="void"))
    columns = ("id", "made_at", "signed", "sources", "state", "content")
    content = msgspec.json.encode(plan).decode()
    put(
        connection, plans, columns,
        [(plan.id, to_us(plan.made_at), plan.signed, ",".join(plan.sources), "open", content)], "replace",
    )  # fmt: skip


def load_plan(connection: Connection, plan_id: str | None = None) -> tuple[Plan, PlanState] | None:
    """A plan and how it stands, the newest when no id is given; None when there is none."""
    statement = select(plans.c.content, plans.c.state).order_by(plans.c.made_at.desc(), plans.c.id.desc()).limit(1)
    if plan_id is not None:
        statement = statement.where(plans.c.id == plan_id)
    row = connection.execute(statement).first()
    return None if row is None else (msgspec.json.decode(row.content, type=Plan), row.state)


def approve(connection: Connection, plan: Plan, by: str, now: datetime) -> None:
    """The plan is being carried out, by order of somebody: its commands may go, but those known to be refused."""
    refused = [line.key for line in plan.lines if line.refused]
    these = among(commands.c.key, [line.key for line in plan.lines])
    may_go = or_(commands.c.state == "dead", ~among(commands.c.key, refused))
    connection.execute(update(commands).where(these, may_go).values(plan_id=plan.id))
    values = {"state": "applying", "approved_at": to_us(now), "approved_by": by}
    connection.execute(update(plans).where(plans.c.id == plan.id, plans.c.state == "open").values(values))


def applied(connection: Connection, plan_id: str, now: datetime) -> None:
    """All of the plan was sent and answered."""
    values = {"state": "applied", "applied_at": to_us(now)}
    connection.execute(update(plans).where(plans.c.id == plan_id).values(values))


def hold(connection: Connection, sources: Sequence[str], now: datetime) -> None:
    """Nothing is sent to these connections from now on but what an approved plan says."""
    rows = [(source, "plan", to_us(now), 0, 0, 0, 0) for source in sources]
    put(
        connection, sending, ("source", "mode", "window_from", "n_calls", "n_reads", "n_sent", "failures"), rows, "keep"
    )
    connection.execute(update(sending).where(among(sending.c.source, sources)).values(mode="plan"))


def release(connection: Connection, sources: Sequence[str]) -> None:
    """What is decided goes out to these connections as it comes."""
    connection.execute(update(sending).where(among(sending.c.source, sources)).values(mode="live"))


def held(connection: Connection, sources: Sequence[str]) -> list[str]:
    """Of these connections, those that nothing goes to but what an approved plan says."""
    statement = select(sending.c.source).where(among(sending.c.source, sources), sending.c.mode == "plan")
    return sorted(connection.execute(statement).scalars())


def never_sent_to(connection: Connection, sources: Sequence[str]) -> list[str]:
    """Of these connections, those that nothing was ever sent to, and no plan that was approved spoke of."""
    found = select(commands.c.source).where(commands.c.attempts > 0, among(commands.c.source, sources))
    known = set(connection.execute(found.distinct()).scalars())
    known |= set(connection.execute(select(sending.c.source).where(sending.c.sent_at.is_not(None))).scalars())
    approved = connection.execute(select(plans.c.sources).where(plans.c.approved_at.is_not(None))).scalars()
    known |= {source for each in approved for source in each.split(",")}
    return [source for source in sources if source not in known]


def all_sent(connection: Connection) -> list[Plan]:
    """The plans that are being carried out and of which nothing is left to be sent."""
    unsent = select(commands.c.key).where(commands.c.plan_id == plans.c.id, commands.c.state.in_(UNFINISHED))
    found = connection.execute(select(plans.c.content).where(plans.c.state == "applying", ~unsent.exists())).scalars()
    return [msgspec.json.decode(content, type=Plan) for content in found]

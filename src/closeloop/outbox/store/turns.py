"""One turn of a sender: what it takes and books before it calls the vendor, and what it writes down afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from closeloop.outbox import breaker, budget
from closeloop.outbox.lanes import BACKFILL, HOT
from closeloop.outbox.nouns import Posted, Way
from closeloop.outbox.portion import job_of, most_seen, portion_of
from closeloop.outbox.store.claims import BULK_LEASE, LEASE, claim
from closeloop.outbox.store.senders import hurry, load_sender, save_sender
from closeloop.ports import Answer, Connector, Limits
from closeloop.words.errors import Transient


@dataclass(frozen=True, slots=True)
class Turn:
    """What one sender may send now.

    Attributes:
        booked: calls set aside for it in the window that began at `window_from`.
        ask: whether to ask the vendor afterwards what it allows.
        setting: calls a window that the installation allows, if it says.
    """

    source: str
    posted: tuple[Posted, ...]
    booked: int
    window_from: datetime
    begun: datetime
    ask: bool
    setting: int | None


def begin_turn(
    connection: Connection,
    source: str,
    connector: Connector,
    worker: str,
    now: datetime,
    setting: int | None = None,
    way: Way = "usual",
) -> Turn:
    """Lease commands that the budget allows, the hottest first, and book their calls; none while the vendor is away.

    Where all has to be planned (mode "plan"), only what belongs to an approved plan is taken.
    """
    sender = load_sender(connection, source, now, setting)
    nothing = Turn(source, (), 0, sender.window_from, now, ask=False, setting=setting)
    state = breaker.state(sender, now)
    planned = sender.mode == "plan"
    if state == "waiting":
        return nothing
    booked = 0
    asked_for = way == "bulk" and connector.bulk_size > 0

    def choose(found: Sequence[Posted]) -> tuple[Sequence[Posted], timedelta]:
        nonlocal booked
        portion = (job_of if asked_for else portion_of)(found, connector)
        commands = [each.planned.command for each in portion.posted]

        def cost(n: int) -> int:
            looks = budget.LOOKS if portion.as_job and n > connector.batch_size else 0
            return connector.cost(commands[:n]) + looks

        n, booked = len(commands), cost(len(commands)) * budget.IF_IT_FAILS
        if sender.calls_allowed is not None:
            n, booked = budget.fit(sender, [each.lane for each in portion.posted], cost)
        return portion.posted[:n], BULK_LEASE if portion.as_job else LEASE

    posted: list[Posted] = []
    if budget.has_room(sender, HOT):
        lane = BACKFILL if budget.has_room(sender, BACKFILL) and way != "hot" else HOT
        n = connector.bulk_size if asked_for else most_seen(connector)
        posted = claim(connection, source, now, n, worker, choose, lane, approved_only=planned)
    # Who carries out a plan holds it to the calls that it foresaw, and asking may cost one.
    is_kept_waiting = not budget.has_room(sender, BACKFILL) and budget.vendor_decides(sender, setting)
    ask = not planned and (bool(posted) or is_kept_waiting) and budget.should_ask(sender, setting, now)
    if posted:
        sender = replace(sender, n_calls=sender.n_calls + booked, n_sent=sender.n_sent + len(posted), sent_at=now)
        save_sender(connection, breaker.trying(sender, now) if state == "trying" else sender)
    return replace(nothing, posted=tuple(posted), booked=booked if posted else 0, ask=ask)


def end_turn(
    connection: Connection, turn: Turn, answers: Sequence[Answer], n_calls: int, told: Limits | None, now: datetime
) -> None:
    """Give back what was booked too much, and remember whether the vendor answered.

    Args:
        answers: all that came, those too that came too late to be taken.
        n_calls: made by the connector since they were last counted.
        told: what the vendor said that it allows; None where it was not asked, or did not say.
    """
    sender = load_sender(connection, turn.source, now, turn.setting)
    booked = turn.booked if sender.window_from == turn.window_from else 0
    sender = replace(sender, n_calls=max(0, sender.n_calls + n_calls - booked))
    if answers and now > turn.begun:
        lately = len(answers) / (now - turn.begun).total_seconds()
        sender = replace(sender, pace=lately if sender.pace is None else (sender.pace * 4 + lately) / 5)
    failed = breaker.failed(answers)
    if failed is not None:
        sender = breaker.after_failure(sender, failed, now)
    elif answers:
        if sender.failures >= breaker.FAILURES:
            hurry(connection, turn.source, now)
        sender = breaker.after_success(sender)
    if turn.ask and failed is None:
        sender = budget.with_told(sender, told, turn.setting, now)
    save_sender(connection, sender)


def may_read(connection: Connection, source: str, now: datetime, setting: int | None = None) -> bool:
    """Whether a page of changes may be read now: not while the vendor is away, nor beyond the share for reading."""
    sender = load_sender(connection, source, now, setting)
    return breaker.state(sender, now) != "waiting" and budget.may_read(sender, now)


def check_room(connection: Connection, source: str, now: datetime, setting: int | None = None) -> None:
    """Raise Transient where no calls are left but those kept for what is hot."""
    sender = load_sender(connection, source, now, setting)
    if not budget.has_room(sender, BACKFILL):
        end = budget.window_end(sender)
        said = f"{source}: {sender.n_calls:,} of {sender.calls_allowed:,} calls of the day are used up"
        raise Transient(f"{said}; it goes on at {end:%Y-%m-%d %H:%M} UTC", end - now)


def book_reads(connection: Connection, source: str, n_calls: int, now: datetime, setting: int | None = None) -> None:
    """Count calls that read, made since they were last counted."""
    if not n_calls:
        return
    sender = load_sender(connection, source, now, setting)
    save_sender(connection, replace(sender, n_calls=sender.n_calls + n_calls, n_reads=sender.n_reads + n_calls))

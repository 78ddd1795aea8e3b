"""One turn of a sender: what it takes and books before it calls the vendor, and what it writes down afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from closeloop.outbox import breaker, budget
from closeloop.outbox.lanes import BACKFILL, HOT
from closeloop.outbox.nouns import Posted
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
    *,
    in_bulk: bool = False,
) -> Turn:
    """Lease commands that the budget allows, the hottest first, and book their calls; none while the vendor is away.

    Where all has to be planned (mode "plan"), only what belongs to an approved plan is taken.

    Args:
        in_bulk: take as many as one bulk job of the vendor holds, if it has any.
    """
    sender = load_sender(connection, source, now, setting)
    nothing = Turn(source, (), 0, sender.window_from, now, ask=False, setting=setting)
    state = breaker.state(sender, now)
    planned = sender.mode == "plan"
    if state == "waiting":
        return nothing
    booked = 0

    def fits(posted: Sequence[Posted]) -> int:
        nonlocal booked
        commands = [each.planned.command for each in posted]
        if sender.calls_allowed is None:
            booked = connector.cost(commands) * budget.IF_IT_FAILS
            return len(posted)
        n, booked = budget.fit(sender, [each.lane for each in posted], lambda n: connector.cost(commands[:n]))
        return n

    posted: list[Posted] = []
    if budget.has_room(sender, HOT):
        lane = BACKFILL if budget.has_room(sender, BACKFILL) else HOT
        n, lease = connector.batch_size, LEASE
        if in_bulk and connector.bulk_size:
            n, lease = connector.bulk_size, BULK_LEASE
        posted = claim(connection, source, now, n, worker, fits, lane, approved_only=planned, lease=lease)
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

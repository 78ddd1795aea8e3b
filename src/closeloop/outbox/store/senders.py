"""How each connection may send just now: one row a connection, locked by whoever is about to send."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, RowMapping, select, update

from closeloop.db import put
from closeloop.outbox.budget import in_window
from closeloop.outbox.nouns import Sender
from closeloop.outbox.store.tables import commands, sending
from closeloop.words.moment import EPOCH, from_us, to_us

_MOMENTS = ("window_from", "asked_at", "closed_until", "sent_at")


def load_sender(connection: Connection, source: str, now: datetime, setting: int | None) -> Sender:
    """How this connection may send, in the window of `now`; ours alone until the transaction ends.

    Args:
        setting: calls a window that the installation allows, if it says.
    """
    statement = select(sending).where(sending.c.source == source).with_for_update()
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        _write(connection, Sender(source, EPOCH), "keep")
        row = connection.execute(statement).mappings().one()
    return in_window(_sender(row), now, setting)


def save_sender(connection: Connection, sender: Sender) -> None:
    """Write how the connection may send, in the transaction that loaded it."""
    _write(connection, sender, "replace")


def hurry(connection: Connection, source: str, now: datetime) -> None:
    """What was put off while the vendor was away may go at once, now that it is back."""
    waits = (commands.c.source == source, commands.c.state == "waiting", commands.c.not_before > to_us(now))
    connection.execute(update(commands).where(*waits).values(not_before=to_us(now)))


def _sender(row: RowMapping) -> Sender:
    moments = {name: None if row[name] is None else from_us(row[name]) for name in _MOMENTS}
    return Sender(**{**row, **moments})


def _write(connection: Connection, sender: Sender, conflict: Literal["keep", "replace"]) -> None:
    given = asdict(sender)
    row = [to_us(value) if isinstance(value, datetime) else value for value in given.values()]
    put(connection, sending, tuple(given), [row], conflict)

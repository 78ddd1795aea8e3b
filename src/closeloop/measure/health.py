"""How the ends and the road stand: cursors, what waits, what was refused and why, alerts, batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.alerts import AlertsTold, alerts_told
from closeloop.measure.stored import moment
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class End:
    """How far the reading of one outside system is."""

    source: str
    cursor: str | None
    pulled_at: datetime | None
    n_records: int
    error: str | None
    error_at: datetime | None

    @property
    def is_down(self) -> bool:
        """Whether its last reading failed."""
        return self.error is not None and (
            self.pulled_at is None or (self.error_at or self.pulled_at) >= self.pulled_at
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What came in and is not decided yet, in one queue."""

    queue: str
    source: str
    n: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """Commands of one kind for one end in one state."""

    source: str
    verb: str
    state: str
    reason: str
    n: int
    since: datetime
    last_at: datetime | None
    example: str
    """The key of one of them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch that was decided."""

    no: int
    decided_at: datetime
    process: str
    n_messages: int


@dataclass(frozen=True, slots=True)
class Health:
    """All of it at one moment."""

    ends: tuple[End, ...]
    waiting: tuple[Waiting, ...]
    sending: tuple[Sending, ...]
    batches: tuple[Batch, ...]
    states: tuple[tuple[str, int], ...]
    alerts: tuple[AlertsTold, ...]


_ENDS = text("SELECT source, cursor, pulled_at, n_records, error, error_at FROM v_ends ORDER BY source")
_BACKLOG = text("SELECT queue, source, n, since FROM v_backlog ORDER BY queue DESC, source")
_COMMANDS = text(
    "SELECT source, verb, state, reason, n, since, last_at, example_key FROM v_command_states "
    "ORDER BY source, verb, state, n DESC"
)
_BATCHES = text("SELECT no, decided_at, process, n_messages FROM v_batches ORDER BY no DESC LIMIT 10")
_STATES = text("SELECT state, COUNT(*) FROM v_messages GROUP BY state ORDER BY state")


def health(connection: Connection, now: datetime) -> Health:
    """How everything stands at `now`."""
    return Health(
        ends(connection),
        tuple(Waiting(w.queue, w.source, w.n, from_us(w.since)) for w in connection.execute(_BACKLOG)),
        tuple(
            Sending(c.source, c.verb, c.state, c.reason, c.n, from_us(c.since), moment(c.last_at), c.example_key)
            for c in connection.execute(_COMMANDS)
        ),
        tuple(Batch(b.no, from_us(b.decided_at), b.process, b.n_messages) for b in connection.execute(_BATCHES)),
        tuple((state, n) for state, n in connection.execute(_STATES)),
        alerts_told(connection, now),
    )


def ends(connection: Connection) -> tuple[End, ...]:
    """How far the reading of each outside system is, by name."""
    return tuple(
        End(e.source, e.cursor, moment(e.pulled_at), e.n_records, e.error, moment(e.error_at))
        for e in connection.execute(_ENDS)
    )

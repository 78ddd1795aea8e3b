"""What needs somebody today: leads late, soon late or unowned, dead letters, messages set aside, ends down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from closeloop.measure.stored import called, moment, text_of
from closeloop.words.moment import from_us, to_us

SOON = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A lead whose owner has not acted yet. `due_at` None: nobody owns it."""

    lead_id: str
    person: str
    company: str
    product: str
    region: str
    stage: str
    owner: str | None
    due_at: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that stands still for a cause, with what to do about it."""

    source: str
    what: str
    reason: str
    n: int
    since: datetime | None
    remedy: str
    example: str | None


@dataclass(frozen=True, slots=True)
class Attention:
    """All of it, the most urgent first in each list."""

    late: tuple[OpenClock, ...]
    soon: tuple[OpenClock, ...]
    n_later: int
    unowned: tuple[OpenClock, ...]
    dead: tuple[Trouble, ...]
    set_aside: tuple[Trouble, ...]
    ends_down: tuple[Trouble, ...]

    @property
    def n(self) -> int:
        """How many things need somebody."""
        groups = (self.late, self.soon, self.unowned, self.dead, self.set_aside, self.ends_down)
        return sum(len(group) for group in groups)


_CLOCKS = text("""
    SELECT a.kind, a.subject, a.person_id, a.what AS stage, a.who AS owner, a.at, l.product, l.region, l.created_at,
      p.name, p.email, p.company
    FROM v_attention a JOIN v_leads l ON l.id = a.subject LEFT JOIN v_people p ON p.person_id = a.person_id
    WHERE a.kind = 'unowned' OR a.at <= :soon ORDER BY a.at, a.subject LIMIT 200""")
_LATER = text("SELECT COUNT(*) FROM v_attention WHERE kind = 'clock' AND at > :soon")
_DEAD = text("""
    SELECT source, verb, reason, n, since, example_key FROM v_command_states WHERE state = 'dead'
    ORDER BY n DESC, source, verb""")
_SET_ASIDE = text("SELECT state, source, reason, n, since, example_id FROM v_set_aside ORDER BY state, n DESC LIMIT 50")
_ENDS = text("""
    SELECT source, error, error_at, pulled_at FROM v_ends
    WHERE error IS NOT NULL AND (pulled_at IS NULL OR error_at >= pulled_at) ORDER BY source""")


def attention(connection: Connection, now: datetime) -> Attention:
    """What stands at `now`; "soon" is within four hours."""
    found = connection.execute(_CLOCKS, {"soon": to_us(now + SOON)}).all()
    clocks = [
        OpenClock(
            line.subject, called(text_of(line.name), text_of(line.email), line.person_id), text_of(line.company),
            line.product, line.region, line.stage, line.owner, None if line.kind == "unowned" else from_us(line.at),
            from_us(line.created_at),
        )
        for line in found
    ]  # fmt: skip
    return Attention(
        late=tuple(clock for clock in clocks if clock.due_at and clock.due_at <= now),
        soon=tuple(clock for clock in clocks if clock.due_at and clock.due_at > now),
        n_later=connection.execute(_LATER, {"soon": to_us(now + SOON)}).scalar_one(),
        unowned=tuple(clock for clock in clocks if clock.due_at is None),
        dead=tuple(_dead(connection)),
        set_aside=tuple(_set_aside(connection)),
        ends_down=tuple(_ends_down(connection)),
    )


def _dead(connection: Connection) -> Iterator[Trouble]:
    for line in connection.execute(_DEAD):
        remedy = f"Mend the cause in {line.source} or in the process file; what changes next is sent as a new command."
        reason = line.reason or "no reason was given"
        yield Trouble(line.source, line.verb, reason, line.n, from_us(line.since), remedy, line.example_key)


def _set_aside(connection: Connection) -> Iterator[Trouble]:
    for line in connection.execute(_SET_ASIDE):
        failed = line.state == "failed"
        remedy = (
            f"It waits with its error. See what it was: closeloop why message {line.example_id}"
            if failed
            else f"Kept as sent; nothing waits for it. Mend the sender or the mapping of {line.source}; send it again."
        )
        what = "failed" if failed else "set aside"
        yield Trouble(line.source or "", what, line.reason or "", line.n, from_us(line.since), remedy, line.example_id)


def _ends_down(connection: Connection) -> Iterator[Trouble]:
    for line in connection.execute(_ENDS):
        last = moment(line.pulled_at)
        what = f"last read {last:%Y-%m-%d %H:%M} UTC" if last else "never read"
        remedy = f"It is tried again by itself. If it stays: check address, credentials and limits of {line.source}."
        yield Trouble(line.source, what, line.error, 1, moment(line.error_at), remedy, None)

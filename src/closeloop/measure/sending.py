"""How each connection sends: what waits by lane, calls used and allowed, whether the vendor is away, and until when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text

from closeloop.measure.rejects import Rejects, rejects
from closeloop.measure.stored import moment
from closeloop.outbox.breaker import State, state
from closeloop.outbox.budget import has_room, in_window, window_end
from closeloop.outbox.forecast import forecast
from closeloop.outbox.lanes import BACKFILL, HOT, LANES, ORDINARY
from closeloop.outbox.nouns import Sender
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Lane:
    """What waits in one lane of a connection.

    Attributes:
        name: "hot", "ordinary" or "backfill", in the order in which they go.
        since: when the oldest was planned; None where nothing waits.
        age: of the oldest.
        through_at: when the last of it will have been sent, by the forecast; None: nobody can tell.
    """

    name: str
    n: int
    since: datetime | None
    age: timedelta
    through_at: datetime | None


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to one vendor in the present window.

    Attributes:
        used: made, and set aside for those under way.
        reading: those of them that read.
        allowed: None where neither a setting nor the vendor says.
        ends_at: when they are counted anew.
        is_used_up: nothing goes out any more; `only_hot`: only what is hot.
    """

    used: int
    reading: int
    allowed: int | None
    ends_at: datetime
    is_used_up: bool
    only_hot: bool


@dataclass(frozen=True, slots=True)
class Sends:
    """One connection.

    Attributes:
        mode: "live", or "plan": nothing goes out but what an approved plan says.
        lanes: all three, the hottest first.
        state: "working"; "waiting": the vendor is away and left alone until `closed_until`; "trying": it may be tried.
        failures: calls in a row that failed; `why`: what the last of them was answered.
        errors: why commands were given up or put off, by cause.
        through_at: when all that waits now will have been sent; None: nobody can tell.
        waits_for: in plain words what sending waits for, "" when for nothing.
    """

    source: str
    mode: str
    lanes: tuple[Lane, ...]
    calls: Calls
    state: State
    closed_until: datetime | None
    failures: int
    why: str | None
    errors: tuple[Rejects, ...]
    sent_at: datetime | None
    through_at: datetime | None
    waits_for: str

    @property
    def n(self) -> int:
        """How much waits in all lanes."""
        return sum(lane.n for lane in self.lanes)

    @property
    def loops(self) -> tuple[Rejects, ...]:
        """Of the errors those that are held back, since the system sets them back each time."""
        return tuple(each for each in self.errors if each.is_held_back)


_SENDING = text("""
    SELECT source, mode, window_from, n_calls, n_reads, n_sent, calls_allowed, asked_at, failures, closed_until, why,
      sent_at, pace FROM v_sending""")
_LANES = text("SELECT source, lane, n, since FROM v_lanes")


def sending(connection: Connection, now: datetime) -> tuple[Sends, ...]:
    """Every connection that sent something or has something to send, by name, at `now`."""
    senders = {row["source"]: _sender(row, now) for row in connection.execute(_SENDING).mappings()}
    waits: dict[str, dict[int, tuple[int, datetime]]] = defaultdict(dict)
    for row in connection.execute(_LANES):
        waits[row.source][row.lane] = row.n, from_us(row.since)
    errors: dict[str, list[Rejects]] = defaultdict(list)
    for each in rejects(connection):
        errors[each.source].append(each)
    return tuple(
        _sends(senders.get(source, Sender(source, now)), waits[source], tuple(errors[source]), now)
        for source in sorted({*senders, *waits, *errors})
    )


_NOTHING = (0, None)
_MOMENTS = ("window_from", "asked_at", "closed_until", "sent_at")


def _sender(row: RowMapping, now: datetime) -> Sender:
    stored = Sender(**{**row, **{name: moment(row[name]) for name in _MOMENTS}})
    return in_window(stored, now, stored.calls_allowed)  # of a window that begins, nothing else is known yet


def _sends(sender: Sender, waits: dict[int, tuple[int, datetime]], errors: tuple[Rejects, ...], now: datetime) -> Sends:
    through = forecast(sender, {lane: n for lane, (n, _) in waits.items()}, now)
    lanes = []
    for lane, name in LANES.items():
        n, since = waits.get(lane, _NOTHING)
        lanes.append(Lane(name, n, since, now - since if since else timedelta(0), through[lane]))
    is_used_up = not has_room(sender, HOT)
    calls = Calls(
        sender.n_calls, sender.n_reads, sender.calls_allowed, window_end(sender), is_used_up,
        only_hot=not is_used_up and not has_room(sender, ORDINARY),
    )  # fmt: skip
    stands = state(sender, now)
    return Sends(
        sender.source, sender.mode, tuple(lanes), calls, stands, sender.closed_until if stands == "waiting" else None,
        sender.failures, sender.why, errors, sender.sent_at, through[BACKFILL], _waits_for(sender, stands, calls),
    )  # fmt: skip


def _waits_for(sender: Sender, stands: State, calls: Calls) -> str:
    if sender.mode == "plan":
        return "a plan: nothing goes out but what an approved plan says"
    if stands == "waiting":
        return f"the system until {sender.closed_until:%Y-%m-%d %H:%M:%S} UTC: {sender.why or 'it is being tried'}"
    until = f"until {calls.ends_at:%Y-%m-%d %H:%M} UTC"
    if calls.is_used_up:
        return f"calls {until}: {calls.used:,} of {calls.allowed:,} are used up"
    if calls.only_hot:
        return f"calls {until}, but for what is hot: {calls.used:,} of {calls.allowed:,} are used up"
    return ""

"""What needs somebody today: leads late, soon late or unowned, dead letters, messages set aside, ends down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from closeloop.measure.stored import called, moment, text_of
from closeloop.outbox.rejects import cause_of
from closeloop.words.moment import from_us, to_us

SOON = timedelta(hours=4)
SHOWN = 100
"""Leads of one list at most."""


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
    """Something that stands still for a cause, with what to do about it. `example` is the id or key of one of it."""

    source: str
    what: str
    reason: str
    n: int
    since: datetime | None
    remedy: str
    example: str | None


@dataclass(frozen=True, slots=True)
class Attention:
    """All of it, the most urgent first in each list; of leads the first `SHOWN`, and how many there are in all."""

    late: tuple[OpenClock, ...]
    n_late: int
    soon: tuple[OpenClock, ...]
    n_soon: int
    n_later: int
    unowned: tuple[OpenClock, ...]
    n_unowned: int
    dead: tuple[Trouble, ...]
    set_aside: tuple[Trouble, ...]
    ends_down: tuple[Trouble, ...]
    n_questions: int
    """Pairs that a person is asked about. They can wait, so they are not among `n`."""

    @property
    def n(self) -> int:
        """How many things need somebody."""
        troubles = len(self.dead) + len(self.set_aside) + len(self.ends_down)
        return self.n_late + self.n_soon + self.n_unowned + troubles


_PILES = """
    SELECT subject, at, CASE WHEN kind = 'unowned' THEN 'unowned' WHEN at <= :now THEN 'late'
      WHEN at <= :soon THEN 'soon' ELSE 'later' END AS pile
    FROM v_attention"""
# Each list is cut before names are looked up, which costs more than all the rest.
_LEADS = text(f"""
    SELECT a.pile, a.at, l.id, l.stage, l.owner, l.product, l.region, l.created_at, l.person_id,
      p.name, p.email, p.company
    FROM (SELECT * FROM ({_PILES}) piles WHERE pile = :pile ORDER BY at, subject LIMIT {SHOWN}) a
    JOIN v_leads l ON l.id = a.subject JOIN v_people p ON p.person_id = l.person_id
    ORDER BY a.at, a.subject""")  # noqa: S608 — texts of ours
_COUNTS = text(f"SELECT pile, COUNT(*) AS n FROM ({_PILES}) piles GROUP BY pile")  # noqa: S608 — a text of ours
_DEAD = text("""
    SELECT source, verb, reason, n, since, example_key FROM v_command_states WHERE state = 'dead'
    ORDER BY n DESC, source, verb""")
_SET_ASIDE = text("SELECT state, source, reason, n, since, example_id FROM v_set_aside ORDER BY state, n DESC LIMIT 50")
_QUESTIONS = text("SELECT COALESCE(SUM(n), 0) FROM v_pair_states WHERE state = 'open'")
_ENDS = text("""
    SELECT source, error, error_at, pulled_at FROM v_ends
    WHERE error IS NOT NULL AND (pulled_at IS NULL OR error_at >= pulled_at) ORDER BY source""")


def attention(connection: Connection, now: datetime) -> Attention:
    """What stands at `now`; "soon" is within four hours."""
    times = {"now": to_us(now), "soon": to_us(now + SOON)}
    n = {line.pile: line.n for line in connection.execute(_COUNTS, times)}

    def leads(pile: str) -> tuple[OpenClock, ...]:
        return tuple(_clocks(connection, {**times, "pile": pile})) if pile in n else ()

    return Attention(
        late=leads("late"),
        n_late=n.get("late", 0),
        soon=leads("soon"),
        n_soon=n.get("soon", 0),
        n_later=n.get("later", 0),
        unowned=leads("unowned"),
        n_unowned=n.get("unowned", 0),
        dead=tuple(_dead(connection)),
        set_aside=tuple(_set_aside(connection)),
        ends_down=tuple(_ends_down(connection)),
        n_questions=int(connection.execute(_QUESTIONS).scalar_one()),
    )


def _clocks(connection: Connection, asked: Mapping[str, str | int]) -> Iterator[OpenClock]:
    for line in connection.execute(_LEADS, asked):
        yield OpenClock(
            line.id, called(text_of(line.name), text_of(line.email), line.person_id), text_of(line.company),
            line.product, line.region, line.stage, line.owner, None if line.pile == "unowned" else from_us(line.at),
            from_us(line.created_at),
        )  # fmt: skip


def _dead(connection: Connection) -> Iterator[Trouble]:
    for line in connection.execute(_DEAD):
        reason = line.reason or "no reason was given"
        remedy = cause_of(line.verb, "", reason).remedy
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
        remedy = (
            "What is for it waits, nothing is lost; a connected end is tried again by itself. "
            f"If it stays: check address, credentials and limits of {line.source}, and start the hub again."
        )
        yield Trouble(line.source, what, line.error, 1, moment(line.error_at), remedy, None)

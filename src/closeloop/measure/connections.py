"""Every connected system with its health: how it sends, how it is read, and whether both sides still agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from closeloop.measure.health import End, ends
from closeloop.measure.sending import Sends, sending
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Drift:
    """What the latest full compare of one kind of record found.

    Attributes:
        n_there, n_here: living records at the system, and those that the hub believed to live there.
        n_unknown, n_gone, n_changed: there and not here, here and not there, in both and not alike.
    """

    object: str
    ended_at: datetime
    why: str
    n_there: int
    n_here: int
    n_unknown: int
    n_gone: int
    n_changed: int

    @property
    def n(self) -> int:
        """Records that were not as the hub believed."""
        return self.n_unknown + self.n_gone + self.n_changed

    @property
    def percent(self) -> float:
        """The same as a share of all, 0 to 100."""
        return 100 * self.n / max(self.n_there, self.n_here, 1)


@dataclass(frozen=True, slots=True)
class Connected:
    """One connected system. `sends` is None where nothing was ever to be sent, `end` where nothing was ever read."""

    source: str
    sends: Sends | None
    end: End | None
    drift: tuple[Drift, ...]

    @property
    def percent(self) -> float | None:
        """Drift over all kinds of records at their latest compare, 0 to 100; None when nothing was compared yet."""
        if not self.drift:
            return None
        n_all = sum(max(each.n_there, each.n_here) for each in self.drift)
        return 100 * sum(each.n for each in self.drift) / max(n_all, 1)

    @property
    def oldest(self) -> timedelta | None:
        """Age of the oldest change that is not sent yet; None when nothing waits."""
        ages = [lane.age for lane in self.sends.lanes if lane.n] if self.sends else []
        return max(ages, default=None)


_LATEST = text("""
    SELECT source, object, why, ended_at, n_there, n_here, n_unknown, n_gone, n_changed FROM (
      SELECT c.*, ROW_NUMBER() OVER (PARTITION BY source, object ORDER BY began_at DESC, id DESC) AS place
      FROM v_compares c WHERE ended_at IS NOT NULL) latest
    WHERE place = 1 ORDER BY source, object""")
# The kind is hidden from the planner, which would else walk through every record of the system for each of ours.
_TWICE = text("""
    SELECT c.source, COUNT(*) AS n FROM v_commands c
    WHERE c.verb = 'create' AND c.state = 'done' AND c.answer_id IS NOT NULL AND EXISTS (
      SELECT 1 FROM v_entities e JOIN v_keys k ON k.entity_id = e.entity_id
      WHERE e.root_id = c.person_id AND k.kind || '' = c.source || '.' || c.object
        AND k.value <> c.answer_id AND k.at < c.created_at)
    GROUP BY c.source""")


def connections(connection: Connection, now: datetime) -> tuple[Connected, ...]:
    """Every system that was read, compared or written to, by name, at `now`."""
    sends = {each.source: each for each in sending(connection, now)}
    read = {each.source: each for each in ends(connection)}
    drift: dict[str, list[Drift]] = defaultdict(list)
    for row in connection.execute(_LATEST):
        drift[row.source].append(
            Drift(
                row.object, from_us(row.ended_at), row.why, row.n_there, row.n_here, row.n_unknown, row.n_gone,
                row.n_changed,
            )
        )  # fmt: skip
    return tuple(
        Connected(source, sends.get(source), read.get(source), tuple(drift[source]))
        for source in sorted({*sends, *read, *drift})
    )


def made_twice(connection: Connection) -> Mapping[str, int]:
    """System → records that the hub made there for somebody who had one of that object already, as is known today."""
    return {row.source: row.n for row in connection.execute(_TWICE)}

"""Whether sellers heard of a touch within the time that was agreed, and what held up those who did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.stored import moment
from closeloop.words.moment import from_us, to_us


@dataclass(frozen=True, slots=True)
class AlertsTold:
    """The alerts of one rule: how many were told, how many of them late, and how many are overdue and not told yet."""

    rule: str
    n: int
    n_told: int
    n_late: int
    n_overdue: int


@dataclass(frozen=True, slots=True)
class AlertStory:
    """One alert. `told_at` is when the mail server took the mail."""

    member: str
    text: str
    why: str
    at: datetime
    due_at: datetime
    told_at: datetime | None
    n_attempts: int
    reason: str | None

    @property
    def kept(self) -> str:
        """Whether the agreed time was kept, and what held it up if not."""
        agreed = f"agreed by {self.due_at:%Y-%m-%d %H:%M:%S}"
        if self.told_at is None:
            return f"{agreed}; not told yet{_after(self.n_attempts, self.reason)}"
        if self.told_at <= self.due_at:
            return f"{agreed}; told {self.told_at:%H:%M:%S}, in time"
        late = f"{agreed}; told {self.told_at:%Y-%m-%d %H:%M:%S}, later than agreed: "
        if self.at > self.due_at:
            return f"{late}the hub heard of it, or decided it, only at {self.at:%Y-%m-%d %H:%M:%S}"
        held_up = f"the mail waited to be sent{_after(self.n_attempts, self.reason)}"
        return late + held_up


_BY_RULE = text("""
    SELECT rule, COUNT(*) AS n, SUM(CASE WHEN told_at IS NOT NULL THEN 1 ELSE 0 END) AS n_told,
      SUM(CASE WHEN told_at > due_at THEN 1 ELSE 0 END) AS n_late,
      SUM(CASE WHEN told_at IS NULL AND due_at < :now THEN 1 ELSE 0 END) AS n_overdue
    FROM v_alerts GROUP BY rule ORDER BY rule""")
_OF_TOUCH = text("""
    SELECT member, text, why, at, due_at, told_at, attempts, reason FROM v_alerts WHERE touch_id = :touch
    ORDER BY rule, member""")


def alerts_told(connection: Connection, now: datetime) -> tuple[AlertsTold, ...]:
    """How the agreed time was kept, rule by rule, over every alert there was."""
    found = connection.execute(_BY_RULE, {"now": to_us(now)})
    return tuple(AlertsTold(line.rule, line.n, line.n_told, line.n_late, line.n_overdue) for line in found)


def alerts_of(connection: Connection, touch_id: str) -> Iterator[AlertStory]:
    """The alerts that one touch set off."""
    for line in connection.execute(_OF_TOUCH, {"touch": touch_id}):
        yield AlertStory(
            line.member, line.text, line.why, from_us(line.at), from_us(line.due_at), moment(line.told_at),
            line.attempts or 0, line.reason,
        )  # fmt: skip


def _after(n_attempts: int, reason: str | None) -> str:
    times = "once" if n_attempts == 1 else f"{n_attempts} times"
    return f", tried {times}{f': {reason}' if reason else ''}" if n_attempts else ""

"""How pages say things: moments, how long until and since, names of stages and outcomes, numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

_NOTHING = 0.15
"""Bits; less is a tenth more or less likely."""
_FEW, _MILLION, _MANY = 10, 1_000_000, "over a million"
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def moment(at: datetime | None) -> str:
    """2 Sep 2026, 11:00; a dash when there is none."""
    return f"{at.day} {at:%b %Y, %H:%M}" if at else "–"


def day(at: datetime) -> str:
    """Wednesday, 2 September 2026."""
    return f"{at:%A}, {at.day} {at:%B %Y}"


def span(length: timedelta) -> str:
    """The two largest parts: 1 d 22 h, 3 h 5 min, 40 s."""
    length = abs(length)
    if length >= _DAY:
        return _two(length, _DAY, "d", _HOUR, "h")
    if length >= _HOUR:
        return _two(length, _HOUR, "h", _MINUTE, "min")
    if length >= _MINUTE:
        return f"{length // _MINUTE} min"
    return f"{length // timedelta(seconds=1)} s"


def until(at: datetime, now: datetime) -> str:
    """In 3 h 5 min, or 1 d 22 h late."""
    return f"{span(now - at)} late" if at <= now else f"in {span(at - now)}"


def since(at: datetime | None, now: datetime) -> str:
    """3 h 5 min ago; never when there is no moment."""
    if at is None:
        return "never"
    return "just now" if abs(now - at) < timedelta(seconds=10) else f"{span(now - at)} ago"


def words(name: str | None) -> str:
    """A name of the process file as people read it: inside_sales is inside sales."""
    return (name or "").replace("_", " ")


def number(value: float) -> str:
    """1,234 or 12.5."""
    return f"{value:,.1f}".removesuffix(".0")


def short(text: str) -> str:
    """An id that fits into a table: its beginning and its end."""
    return text if len(text) <= 24 else f"{text[:8]}…{text[-6:]}"


def bits(weight: float) -> str:
    """A weight with its sign: +6.2, −3.0, 0."""
    rounded = round(weight, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0"


def speaks(weight: float) -> str:
    """What a weight in bits means: each bit doubles the odds that two records are one."""
    if abs(weight) < _NOTHING:
        return "says nothing either way"
    return f"{_times(abs(weight))} likelier {'if they are one' if weight > 0 else 'if they are two'}"


def odds(weight: float) -> str:
    """What the weight of a whole pair means: about 160 to 1."""
    if abs(weight) < _NOTHING:
        return "as likely as not"
    n = _factor(abs(weight))
    said = f"{n} to 1" if weight > 0 else f"1 to {n}"
    return said if n == _MANY else f"about {said}"


def _times(weight: float) -> str:
    return f"{_factor(weight)} times"


def _factor(weight: float) -> str:
    factor = 2.0 ** min(weight, 64.0)
    if factor >= _MILLION:
        return _MANY
    if factor < _FEW:
        return number(factor)
    kept = 10 ** max(0, len(str(int(factor))) - 2)
    return f"{round(factor / kept) * kept:,}"


def _two(length: timedelta, large: timedelta, large_name: str, small: timedelta, small_name: str) -> str:
    n_large, n_small = length // large, length % large // small
    return f"{n_large} {large_name} {n_small} {small_name}" if n_small else f"{n_large} {large_name}"

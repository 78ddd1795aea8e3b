"""Working time: counts only while a calendar is open. UTC in, UTC out, right over daylight saving and holidays.

Openings are wall time, so each is turned into UTC by itself: a day on which the clocks change is as long as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from closeloop.words.errors import BadInput
from closeloop.words.hours import Opening, Week, check_week, parse_holidays, parse_hours

__all__ = ["Opening", "Week", "WorkCalendar", "parse_holidays", "parse_hours"]

_DAY = timedelta(days=1)
_NONE = timedelta(0)
_MIDNIGHT = time(0)
_LONGEST_CLOSURE = 800
"""Local days without an opening after which a calendar counts as never opening again."""
_Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When people of a region work.

    Args:
        hours: seven weekdays from Monday, each with its openings in order, none overlapping; see `parse_hours`.
        zone: the zone of the wall clock that `hours` and `holidays` mean.
        holidays: local dates on which nobody works; see `parse_holidays`.

    Raises:
        BadInput: `hours` cannot be worked; from the methods too, when the calendar does not open for two years.
    """

    hours: Week
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        check_week(self.hours)

    def next_opening(self, at: datetime) -> datetime:
        """The first moment at or after `at` at which the calendar is open; `at` itself when it is."""
        opens, _ = next(self._spans(at))
        return opens

    def add_working(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest moment by which `amount` (0 or more) of working time has passed since `start`.

        Nothing added gives the next opening. An amount that ends with the day ends at closing, not next morning.
        """
        if amount < _NONE:
            raise BadInput(f"working time of {amount} cannot be added; valid is 0 or more")
        spans = self._spans(start)
        opens, closes = next(spans)
        while amount > closes - opens:
            amount -= closes - opens
            opens, closes = next(spans)
        return opens + amount

    def add_working_days(self, start: datetime, n_days: int) -> datetime:
        """The same time of day `n_days` (0 or more) working days on, or when that day closes if it closes earlier.

        A working day is a local date with an opening. A start outside working hours counts from the next opening,
        so two working days from Saturday end on Wednesday at opening.
        """
        if n_days < 0:
            raise BadInput(f"{n_days} working days cannot be added; valid is 0 or more")
        begin = self.next_opening(start)
        if n_days == 0:
            return begin
        local = begin.astimezone(self.zone)
        day = next(islice(self._working_days(local.date()), n_days, None))
        same_time = _to_utc(datetime.combine(day, local.time()), self.zone, is_end=False)
        spans = list(self._spans_of(day))
        later = (max(opens, same_time) for opens, closes in spans if same_time < closes)
        return next(later, spans[-1][1])

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; none when `end` is not later."""
        total = _NONE
        if end > start:
            for day in self._days(start, end):
                for opens, closes in self._spans_of(day):
                    total += max(min(closes, end) - max(opens, start), _NONE)
        return total

    def _spans(self, start: datetime) -> Iterator[_Span]:
        # What is left of the openings from `start` on, without end.
        start = start.astimezone(UTC)
        n_closed = 0
        for day in self._days(start, None):
            n_closed += 1
            for opens, closes in self._spans_of(day):
                if closes > start:
                    n_closed = 0
                    yield max(opens, start), closes
            if n_closed > _LONGEST_CLOSURE:
                break
        raise self._never_opens(start.date())

    def _working_days(self, first: date) -> Iterator[date]:
        n_closed = 0
        day = first
        while n_closed <= _LONGEST_CLOSURE and day < date.max:
            n_closed += 1
            if any(True for _ in self._spans_of(day)):
                n_closed = 0
                yield day
            day += _DAY
        raise self._never_opens(first)

    def _days(self, start: datetime, end: datetime | None) -> Iterator[date]:
        # Local dates that touch the time asked for, and one more at each side: a zone that crosses the date line
        # lives some instants under two dates, and the spans are clamped to the time asked for anyway.
        day = start.astimezone(self.zone).date() - _DAY
        last = date.max if end is None else end.astimezone(self.zone).date() + 2 * _DAY
        while day < last:
            yield day
            day += _DAY

    def _spans_of(self, day: date) -> Iterator[_Span]:
        # The openings of one local date in UTC, in order, none empty and none overlapping.
        if day in self.holidays:
            return
        closed_at = datetime.min.replace(tzinfo=UTC)
        for opening in self.hours[day.weekday()]:
            last_day = day + _DAY if opening.end == _MIDNIGHT else day
            opens = _to_utc(datetime.combine(day, opening.start), self.zone, is_end=False)
            closes = _to_utc(datetime.combine(last_day, opening.end), self.zone, is_end=True)
            # Where the clock runs twice through an hour, two openings may name the same instants.
            opens = max(opens, closed_at)
            if opens < closes:
                closed_at = closes
                yield opens, closes

    def _never_opens(self, since: date) -> BadInput:
        return BadInput(
            f"the calendar in {self.zone.key} does not open within {_LONGEST_CLOSURE} days of {since}; "
            "look at its hours and holidays"
        )


def _to_utc(wall: datetime, zone: ZoneInfo, *, is_end: bool) -> datetime:
    # A wall time that comes twice: an opening takes the first, a closing the second, so the whole hour counts.
    # One that never comes stands for the moment at which the clock jumps over it.
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return second if is_end else first
    return _jump_between(second, first, zone)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    # The first second with the new offset.
    old = before.astimezone(zone).utcoffset()
    second = timedelta(seconds=1)
    low, high = 0, (after - before) // second
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * second).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * second

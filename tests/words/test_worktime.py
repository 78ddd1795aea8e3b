"""Working time passes only while a calendar is open, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.words.errors import BadInput
from closeloop.words.worktime import Opening, WorkCalendar, parse_holidays, parse_hours

BERLIN, LOS_ANGELES, KIRITIMATI = map(ZoneInfo, ("Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"))
OFFICE = parse_hours("Mon-Fri 09:00-18:00")
ALWAYS = parse_hours("Mon-Sun 00:00-24:00")
HOUR = timedelta(hours=1)


def local(zone, *wall, fold=0):
    return datetime(*wall, tzinfo=zone, fold=fold).astimezone(UTC)


def office(zone=BERLIN, holidays=()):
    return WorkCalendar(OFFICE, zone, frozenset(holidays))


class TestReading:
    def test_reads_a_span_of_weekdays(self):
        day = (Opening(time(9), time(18)),)
        assert parse_hours("Mon-Fri 09:00-18:00") == (day, day, day, day, day, (), ())

    def test_reads_a_shorter_friday_and_a_lunch_break(self):
        week = parse_hours("Mon-Thu 08:00-12:00, mon-thu 13:00-16:30 , Fri 8:00-14:00")
        assert week[3] == (Opening(time(8), time(12)), Opening(time(13), time(16, 30)))
        assert week[4] == (Opening(time(8), time(14)),)
        assert week[5] == ()

    def test_a_week_may_begin_on_sunday(self):
        assert [bool(openings) for openings in parse_hours("Sun-Thu 08:00-16:00")] == [True] * 4 + [False, False, True]

    @pytest.mark.parametrize(
        "text",
        ["", "always", "Mon-Fri", "Mon-Fri 18:00-09:00", "Mon-Fri 09:00-25:00", "Mon-Fri 09:60-18:00",
         "Mon-Fry 09:00-18:00",
         "Mon 09:00-12:00, Mon 11:00-13:00", "Mon 09:00-24:00, Mon 10:00-12:00", "Mon 24:00-24:00", "Mon 09:00-09:00",
         "Mon 22:00-00:00", "Mon 09:00-18:00,"],
    )  # fmt: skip
    def test_refuses_hours_that_cannot_be_worked(self, text):
        with pytest.raises(BadInput, match=r"valid (is|are)"):
            parse_hours(text)

    def test_reads_holidays(self):
        text = '\ufeffdate,name\r\n2026-12-25,Christmas\r\n2026-10-03,"Unity, Day of"\r\n'
        assert parse_holidays(text) == {date(2026, 12, 25), date(2026, 10, 3)}
        assert parse_holidays("date,name\n") == frozenset()

    @pytest.mark.parametrize(
        ("text", "where"),
        [("", "line 1"), ("day,name\n", "line 1"), ("date,name\n2026-12-25,x\n25.12.2026,y\n", "line 3")],
    )
    def test_names_the_line_of_a_holiday_that_cannot_be_read(self, text, where):
        with pytest.raises(BadInput, match=where):
            parse_holidays(text)

    def test_a_calendar_needs_a_week_that_opens(self):
        with pytest.raises(BadInput, match="never opens"):
            WorkCalendar(((),) * 7, BERLIN)
        with pytest.raises(BadInput, match="7, from Monday"):
            WorkCalendar(OFFICE[:5], BERLIN)


class TestAdding:
    def test_four_hours_may_end_with_the_day(self):
        monday = local(BERLIN, 2026, 9, 7, 14)
        assert office().add_working(monday, 4 * HOUR) == local(BERLIN, 2026, 9, 7, 18)
        assert office().add_working(monday, 5 * HOUR) == local(BERLIN, 2026, 9, 8, 10)

    def test_friday_evening_runs_on_monday(self):
        assert office().add_working(local(BERLIN, 2026, 9, 4, 17), 4 * HOUR) == local(BERLIN, 2026, 9, 7, 12)

    def test_a_start_outside_hours_begins_at_the_next_opening(self):
        saturday = local(BERLIN, 2026, 9, 5, 11)
        assert office().add_working(saturday, HOUR) == local(BERLIN, 2026, 9, 7, 10)
        assert (
            office().add_working(saturday, timedelta(0))
            == office().next_opening(saturday)
            == local(BERLIN, 2026, 9, 7, 9)
        )

    def test_holidays_do_not_count_and_control_without_them(self):
        christmas_eve = local(BERLIN, 2026, 12, 24, 17)
        calendar = office(holidays=[date(2026, 12, 25)])
        assert calendar.add_working(christmas_eve, 2 * HOUR) == local(BERLIN, 2026, 12, 28, 10)
        assert office().add_working(christmas_eve, 2 * HOUR) == local(BERLIN, 2026, 12, 25, 10)

    def test_closing_is_no_longer_open(self):
        assert office().next_opening(local(BERLIN, 2026, 9, 7, 18)) == local(BERLIN, 2026, 9, 8, 9)
        assert office().next_opening(local(BERLIN, 2026, 9, 7, 12)) == local(BERLIN, 2026, 9, 7, 12)

    def test_moments_may_come_in_any_zone_and_leave_in_utc(self):
        start = datetime(2026, 9, 7, 14, tzinfo=BERLIN)
        assert office().add_working(start, HOUR).tzinfo is UTC
        assert office().next_opening(start).tzinfo is UTC

    def test_a_calendar_that_stops_opening_is_an_error(self):
        holidays = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(2000))
        calendar = WorkCalendar(OFFICE, BERLIN, holidays)
        for ask in (
            calendar.next_opening,
            lambda at: calendar.add_working(at, HOUR),
            lambda at: calendar.add_working_days(at, 1),
        ):
            with pytest.raises(BadInput, match="does not open within"):
                ask(local(BERLIN, 2026, 2, 1))

    def test_the_end_of_time_is_an_error_and_no_crash(self):
        with pytest.raises(BadInput, match="does not open"):
            office().add_working(datetime(9999, 12, 28, tzinfo=UTC), timedelta(days=30))

    def test_nothing_runs_back(self):
        with pytest.raises(BadInput, match="valid is 0 or more"):
            office().add_working(local(BERLIN, 2026, 9, 7, 9), -HOUR)
        with pytest.raises(BadInput, match="valid is 0 or more"):
            office().add_working_days(local(BERLIN, 2026, 9, 7, 9), -1)


class TestWorkingDays:
    def test_two_days_keep_the_time_of_day(self):
        assert office().add_working_days(local(BERLIN, 2026, 9, 3, 14), 2) == local(BERLIN, 2026, 9, 7, 14)

    def test_a_weekend_start_counts_from_monday_morning(self):
        assert office().add_working_days(local(BERLIN, 2026, 9, 5, 14), 2) == local(BERLIN, 2026, 9, 9, 9)
        assert office().add_working_days(local(BERLIN, 2026, 9, 5, 14), 0) == local(BERLIN, 2026, 9, 7, 9)

    def test_a_shorter_day_ends_at_its_closing_and_a_break_at_its_end(self):
        week = parse_hours("Mon-Thu 08:00-16:00, Fri 08:00-11:00, Fri 12:00-14:00")
        calendar = WorkCalendar(week, BERLIN)
        assert calendar.add_working_days(local(BERLIN, 2026, 9, 3, 15), 1) == local(BERLIN, 2026, 9, 4, 14)
        assert calendar.add_working_days(local(BERLIN, 2026, 9, 3, 11, 30), 1) == local(BERLIN, 2026, 9, 4, 12)

    def test_the_wall_clock_stays_over_daylight_saving(self):
        friday = local(BERLIN, 2026, 3, 27, 14)
        monday = office().add_working_days(friday, 1)
        assert monday == local(BERLIN, 2026, 3, 30, 14)
        assert monday - friday == timedelta(days=3) - HOUR

    def test_holidays_are_no_working_days(self):
        calendar = office(holidays=[date(2026, 9, 8)])
        assert calendar.add_working_days(local(BERLIN, 2026, 9, 7, 14), 1) == local(BERLIN, 2026, 9, 9, 14)


class TestClockChanges:
    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            (BERLIN, date(2026, 3, 29), 23),
            (BERLIN, date(2026, 10, 25), 25),
            (BERLIN, date(2026, 9, 1), 24),
            (LOS_ANGELES, date(2026, 3, 8), 23),
            (LOS_ANGELES, date(2026, 11, 1), 25),
            (KIRITIMATI, date(2026, 3, 29), 24),
            (KIRITIMATI, date(1994, 12, 31), 0),
        ],
    )
    def test_a_day_is_as_long_as_its_clock_makes_it(self, zone, day, hours):
        begin = local(zone, day.year, day.month, day.day)
        calendar = WorkCalendar(ALWAYS, zone)
        others = frozenset(day + timedelta(days=n) for n in (-3, -2, -1, 1, 2, 3))
        only = WorkCalendar(ALWAYS, zone, others)
        assert only.working_between(begin - timedelta(days=2), begin + timedelta(days=2)) == hours * HOUR
        assert calendar.working_between(begin - timedelta(days=2), begin + timedelta(days=2)) == timedelta(days=4)

    def test_an_opening_that_the_clock_jumps_over_begins_after_the_jump(self):
        calendar = WorkCalendar(parse_hours("Sun 02:30-06:00"), BERLIN)
        assert calendar.next_opening(local(BERLIN, 2026, 3, 29)) == local(BERLIN, 2026, 3, 29, 3)
        assert calendar.add_working(local(BERLIN, 2026, 3, 29), 3 * HOUR) == local(BERLIN, 2026, 3, 29, 6)

    def test_an_opening_inside_the_jump_does_not_happen(self):
        calendar = WorkCalendar(parse_hours("Sun 02:10-02:50"), BERLIN)
        assert calendar.next_opening(local(BERLIN, 2026, 3, 29)) == local(BERLIN, 2026, 4, 5, 2, 10)

    def test_an_hour_that_comes_twice_is_worked_twice(self):
        calendar = WorkCalendar(parse_hours("Sun 01:00-02:30, Sun 02:30-04:00"), BERLIN)
        day = local(BERLIN, 2026, 10, 25)
        assert calendar.working_between(day, day + timedelta(days=1)) == 4 * HOUR
        assert calendar.add_working(day, 4 * HOUR) == local(BERLIN, 2026, 10, 25, 4)


WEEKS = st.sampled_from(
    [
        OFFICE,
        ALWAYS,
        parse_hours("Sun-Thu 00:30-02:45, Sat 23:00-24:00"),
        parse_hours("Mon-Sun 01:15-02:30, Mon-Sun 02:30-03:10"),
    ]
)
CALENDARS = st.builds(
    WorkCalendar,
    WEEKS,
    st.sampled_from(
        [
            BERLIN,
            LOS_ANGELES,
            KIRITIMATI,
            ZoneInfo("Australia/Lord_Howe"),
            ZoneInfo("America/Havana"),
            ZoneInfo("Asia/Beirut"),
        ]
    ),
    st.frozensets(st.dates(date(2026, 3, 1), date(2026, 11, 30)), max_size=5),
)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
STARTS = st.timedeltas(timedelta(0), timedelta(days=365)).map(NEW_YEAR.__add__) | st.sampled_from(
    [
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(1994, 12, 30, 22, tzinfo=UTC),
    ]
)
AMOUNTS = st.integers(0, 60 * 60 * 100).map(lambda seconds: timedelta(seconds=seconds))


@given(CALENDARS, STARTS, AMOUNTS)
@settings(max_examples=300, deadline=None)
def test_what_is_added_is_what_lies_between(calendar, start, amount):
    end = calendar.add_working(start, amount)
    assert calendar.working_between(start, end) == amount
    assert end >= start


@given(CALENDARS, STARTS, AMOUNTS, AMOUNTS)
@settings(max_examples=150, deadline=None)
def test_adding_in_two_steps_is_adding_at_once(calendar, start, first, second):
    halfway = calendar.add_working(start, first)
    together = calendar.add_working(start, first + second)
    assert calendar.working_between(halfway, together) == second
    assert calendar.working_between(start, halfway) + calendar.working_between(halfway, together) == first + second


@given(CALENDARS, STARTS, st.integers(0, 20))
@settings(max_examples=150, deadline=None)
def test_working_days_end_while_open_or_at_closing(calendar, start, n_days):
    end = calendar.add_working_days(start, n_days)
    assert end >= calendar.next_opening(start)
    assert calendar.working_between(end - timedelta(microseconds=1), end + timedelta(microseconds=1)) > timedelta(0)


@given(CALENDARS, STARTS)
@settings(max_examples=150, deadline=None)
def test_the_next_opening_is_open_and_nothing_was_before_it(calendar, start):
    opens = calendar.next_opening(start)
    assert calendar.next_opening(opens) == opens
    assert calendar.working_between(start, opens) == timedelta(0)
    assert calendar.working_between(opens, opens + timedelta(microseconds=1)) > timedelta(0)

"""Whether sellers heard of a touch within the agreed time is counted, and what held up an alert is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from closeloop.measure.alerts import AlertsTold
from closeloop.measure.health import health
from closeloop.measure.why_message import message_story
from closeloop.words.moment import from_us
from support.side_window import NOW, at

MAIL = "alert:alerts[0]/form:5/sato"
AGREED = at(17, 9, 2, month=8)


def counted(window, now=NOW):
    with window.database.read() as connection:
        return health(connection, now).alerts


def why(window):
    with window.database.read() as connection:
        (alert,) = [one for one in message_story(connection, "form:5").caused if one.kind == "alert"]
    return alert.why


def change(window, table, **values):
    parts = ", ".join(f"{name} = :{name}" for name in values)
    with window.database.write() as connection:
        connection.execute(text(f"UPDATE {table} SET {parts}"), values)


def answered(window, state, at_, **more):
    parts = ", ".join(f"{name} = :{name}" for name in ("state", "answered_at", *more))
    with window.database.write() as connection:
        asked = {"state": state, "answered_at": at_, "key": MAIL, **more}
        connection.execute(text(f"UPDATE commands SET {parts} WHERE key = :key"), asked)


def test_a_mail_that_was_sent_after_the_agreed_moment_is_counted_as_late(window):
    assert counted(window) == (AlertsTold("alerts[0]", n=1, n_told=1, n_late=1, n_overdue=0),)


def test_one_that_was_sent_in_time_is_not(window):
    answered(window, "done", AGREED)
    assert counted(window) == (AlertsTold("alerts[0]", n=1, n_told=1, n_late=0, n_overdue=0),)
    assert why(window).endswith("agreed by 2026-08-17 09:02:00; told 09:02:00, in time")


@pytest.mark.parametrize(("after", "n_overdue"), [(timedelta(0), 0), (timedelta(seconds=1), 1)])
def test_one_that_was_not_sent_yet_is_overdue_from_the_agreed_moment_on(window, after, n_overdue):
    answered(window, "waiting", at(17, 9, 1, month=8), reason="451 try again later")
    assert counted(window, from_us(AGREED) + after)[0].n_overdue == n_overdue
    assert why(window).endswith("not told yet, tried 3 times: 451 try again later")


def test_a_late_alert_says_that_the_mail_was_held_up_or_that_the_hub_heard_too_late(window):
    assert why(window) == (
        "b2b@7 alerts[0]: open_deal; agreed by 2026-08-17 09:02:00; told 2026-08-17 09:14:00, later than agreed: "
        "the mail waited to be sent, tried 3 times: 451 try again later"
    )
    change(window, "alerts", at=at(17, 9, 10, month=8))
    assert why(window).endswith("later than agreed: the hub heard of it, or decided it, only at 2026-08-17 09:10:00")


def test_without_alerts_there_is_nothing_to_count(empty):
    assert counted(empty) == ()

"""A vendor that is away is left alone for a growing time, and tried with one batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeloop.outbox import breaker
from closeloop.outbox.breaker import FAILURES, LONGEST, PROBE, SHORTEST
from closeloop.outbox.nouns import Sender
from closeloop.ports import Answer, Outcome
from support.outgoing import AT

BUSY = Answer("k", Outcome.TRANSIENT, reason="HTTP 503")
WELL = Sender("crm", AT)


def after(n: int, answer: Answer = BUSY) -> Sender:
    sender = WELL
    for _ in range(n):
        sender = breaker.after_failure(sender, answer, AT)
    return sender


def test_two_failures_change_nothing_and_the_third_gives_a_pause():
    assert breaker.state(after(FAILURES - 1), AT) == "working"
    away = after(FAILURES)
    assert breaker.state(away, AT) == "waiting"
    assert away.closed_until == AT + SHORTEST
    assert breaker.state(away, AT + SHORTEST) == "trying"
    assert away.why == "HTTP 503"


@given(st.integers(FAILURES, 100))
def test_pauses_grow_up_to_the_longest(n):
    pause = (after(n).closed_until or AT) - AT
    assert pause == min(SHORTEST * 2 ** min(n - FAILURES, 20), LONGEST)


def test_half_an_hours_outage_costs_few_calls():
    """The control is the pause between two turns of a sender, a fifth of a second: 9,000 calls."""
    sender, now, n_calls = WELL, AT, 0
    while now < AT + timedelta(minutes=30):
        if breaker.state(sender, now) != "waiting":
            sender, n_calls = breaker.after_failure(sender, BUSY, now), n_calls + 1
        now += timedelta(seconds=0.2)
    assert n_calls <= 25


def test_what_the_vendor_asks_for_is_kept_to_at_once():
    asked = replace(BUSY, retry_after_seconds=90.0)
    sender = breaker.after_failure(WELL, asked, AT)
    assert (breaker.state(sender, AT), sender.closed_until) == ("waiting", AT + timedelta(seconds=90))
    assert breaker.state(sender, AT + timedelta(seconds=90)) == "working"
    assert breaker.after_failure(sender, BUSY, AT).closed_until == sender.closed_until, "another call's pause stands"


def test_of_several_that_might_try_one_does():
    trying = breaker.trying(after(FAILURES), AT + SHORTEST)
    assert breaker.state(trying, AT + SHORTEST) == "waiting"
    assert breaker.state(trying, AT + SHORTEST + PROBE) == "trying", "it died: another one may"


def test_an_answer_ends_it():
    assert breaker.after_success(after(20)) == WELL
    assert breaker.after_success(WELL) is WELL


def test_a_call_failed_as_a_whole_when_every_command_was_put_off():
    done, no = Answer("a", Outcome.DONE), Answer("b", Outcome.PERMANENT)
    longer = replace(BUSY, retry_after_seconds=3)
    assert breaker.failed([BUSY, longer, BUSY]) == longer
    for came in ([], [done], [BUSY, done], [no, BUSY]):
        assert breaker.failed(came) is None

"""An answer ends a command, or makes it wait a growing while; nothing is tried for ever."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeloop.outbox.settle import LONGEST_PAUSE, MOST_ANSWERS, pause, settle
from closeloop.ports import Answer, Outcome, Ref
from support.outgoing import AT, posted

BUSY = Answer("k", Outcome.TRANSIENT, reason="HTTP 503")


def test_pauses_double_from_a_second_and_are_shortened_by_a_half_at_most():
    for n in range(10):
        doubled = timedelta(seconds=2**n)
        assert doubled / 2 <= pause(posted(n_answers=n), BUSY) <= doubled


@given(st.integers(0, MOST_ANSWERS * 10))
def test_no_pause_is_longer_than_the_longest(n):
    assert timedelta(seconds=0.5) <= pause(posted(n_answers=n), BUSY) <= LONGEST_PAUSE


def test_commands_that_failed_together_do_not_come_back_together():
    pauses = {pause(posted(f"k{n}", n_answers=8), BUSY) for n in range(100)}
    assert len(pauses) > 90
    assert max(pauses) - min(pauses) > timedelta(seconds=2**8) / 3


def test_a_replay_pauses_the_same():
    assert pause(posted(n_answers=3), BUSY) == pause(posted(n_answers=3), BUSY)


def test_what_the_vendor_asks_for_is_kept_to():
    asked = Answer("k", Outcome.TRANSIENT, reason="HTTP 429", retry_after_seconds=7200)
    settled = settle(posted(n_answers=1), asked, AT)
    assert settled is not None
    assert (settled.state, settled.not_before, settled.reason) == ("waiting", AT + timedelta(hours=2), "HTTP 429")


def test_an_outage_of_half_a_day_kills_no_command():
    now = AT
    for n in range(MOST_ANSWERS):
        settled = settle(posted(n_answers=n), BUSY, now)
        assert settled is not None
        if settled.state == "dead":
            break
        now = settled.not_before
    assert now - AT > timedelta(hours=12)


def test_one_that_fails_for_ever_is_given_up_with_its_last_reason():
    settled = settle(posted(n_answers=MOST_ANSWERS - 1), BUSY, AT)
    assert settled is not None
    assert (settled.state, settled.reason) == ("dead", f"gave up after {MOST_ANSWERS} attempts: HTTP 503")


def test_a_refusal_is_a_dead_letter_with_the_vendors_reason():
    settled = settle(posted(), Answer("k", Outcome.PERMANENT, reason="Email: 'x' is no address"), AT)
    assert settled is not None
    assert (settled.state, settled.reason) == ("dead", "Email: 'x' is no address")


def test_done_names_the_record_and_whether_it_was_read_back():
    settled = settle(posted(), Answer("k", Outcome.DONE, Ref("Lead", "L1"), verified=True), AT)
    assert settled is not None
    assert (settled.state, settled.answer_id, settled.verified, settled.answered_at) == ("done", "L1", True, AT)


def test_a_record_that_moved_ends_its_command_and_says_where_it_lives():
    settled = settle(posted(), Answer("k", Outcome.CHANGED, became=(Ref("Contact", "C1"),)), AT)
    assert settled is not None
    assert settled.state == "done"
    assert settled.reason == "the record became Contact C1; what it should hold is decided there"


def test_a_late_answer_to_a_done_command_changes_nothing():
    for outcome in Outcome:
        assert settle(posted(state="done", n_answers=1), Answer("k", outcome), AT) is None


def test_a_late_success_brings_a_dead_command_to_its_end():
    settled = settle(posted(state="dead", n_answers=MOST_ANSWERS), Answer("k", Outcome.DONE), AT)
    assert settled is not None
    assert settled.state == "done"

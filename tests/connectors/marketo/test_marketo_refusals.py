"""Whatever Marketo refuses is passed on with what to do about it."""

from __future__ import annotations

import pytest

from closeloop.connectors.marketo import connect
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import Permanent, Transient


def refused_by(marketo, connector, code):
    marketo.faults.fail_next(code)
    with pytest.raises((Permanent, Transient)) as refused:
        connector.pull(connector.mark())
    return refused.value


@pytest.mark.parametrize(
    ("code", "to_do"),
    [
        (603, "give the role of the API user the right it lacks"),
        (610, "check the setting url"),
        (404, "check the setting url"),
        (401, "check the client id and secret of its API user, and that its custom service still exists"),
        (1006, "make it anew there with this REST name"),
        (1035, "ask Marketo's support"),
        (400, "HTTP 400"),
    ],
)
def test_what_nobody_heals_by_waiting_says_what_to_do(marketo, connector, code, to_do):
    error = refused_by(marketo, connector, code)
    assert isinstance(error, Permanent)
    assert to_do in str(error)


@pytest.mark.parametrize("code", [502, 604, 608, 611, 615, 713, 1019, 503, 429])
def test_what_passes_by_itself_is_tried_again(marketo, connector, code):
    assert isinstance(refused_by(marketo, connector, code), Transient)


@pytest.mark.parametrize(("code", "asked"), [(601, 2), (602, 2), (600, 2)])
def test_a_token_that_is_refused_is_asked_for_anew_once(marketo, connector, code, asked):
    connector.limits()
    marketo.faults.fail_next(code)
    connector.limits()
    assert marketo.faults.n_calls("GET", "/identity") == asked
    marketo.faults.fail_next(code, n=2)
    with pytest.raises((Permanent, Transient)):
        connector.limits()


def test_a_field_that_was_deleted_at_the_vendor_is_named_when_reading(marketo, clock):
    connector = connect({**marketo.settings, "fields": "shoeSize"}, clock)
    marketo.create_lead(email="joe@acme.example")
    with pytest.raises(Permanent, match="'shoeSize' not found") as refused:
        connector.scan("Lead", None)
    assert "take it out of the process file or the setting fields" in str(refused.value)
    connector.close()


def test_what_is_valid_is_asked_once_for_many_refusals_and_left_out_when_not_told(marketo, connector):
    joe = Ref("Lead", str(marketo.create_lead(email="joe@acme.example")))
    bad = [Command(f"u-{n}", Verb.UPDATE, "Lead", joe, fields={"title": "x" * 300}) for n in range(3)]
    answers = connector.push([*bad, Command("id", Verb.UPDATE, "Lead", joe, fields={"createdAt": "2026-09-01"})])
    assert all("valid is string of at most 255 characters" in answer.reason for answer in answers[:3])
    assert "createdAt = '2026-09-01' (valid is nothing: the field cannot be written)" in answers[3].reason
    assert marketo.faults.n_calls("GET", "describe2") == 1


def test_converting_is_refused_in_plain_words(connector):
    [answer] = connector.push([Command("c", Verb.CONVERT, "Lead", Ref("Lead", "1"))])
    assert answer.outcome is Outcome.PERMANENT
    assert "convert the Lead in the CRM" in answer.reason

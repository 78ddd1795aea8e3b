"""Signing in, limits and outages: the hub waits as asked, and says what is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.connectors.salesforce import connect
from closeloop.ports import Command, Outcome, Verb
from closeloop.words.errors import BadInput, Permanent, Transient

LEAD = Command("k1", Verb.CREATE, "Lead", our_key="k1", fields={"Name": "Joe Smith"})


def test_an_expired_session_is_renewed_once_and_the_call_goes_through(connector, salesforce, clock):
    connector.pull(None)
    salesforce.expire_tokens()
    assert connector.push([LEAD])[0].outcome is Outcome.DONE
    clock.advance(timedelta(hours=3))
    connector.pull(None)

    assert salesforce.faults.n_calls("POST", "/oauth2/token") == 3
    assert salesforce.count("Lead") == 1


def test_wrong_credentials_are_named_and_cost_no_command(salesforce, clock):
    connector = connect({**salesforce.settings, "client_secret": "wrong"}, clock)
    with pytest.raises(Permanent, match="check client_id and client_secret"):
        connector.pull(None)
    (answer,) = connector.push([LEAD])
    connector.close()

    assert answer.outcome is Outcome.TRANSIENT
    assert "does not let us in" in answer.reason


def test_missing_settings_are_named(clock):
    with pytest.raises(BadInput, match="client_id, client_secret"):
        connect({"url": "http://127.0.0.1:1"}, clock)


@pytest.mark.parametrize("status", [429, 503])
def test_waits_as_long_as_the_vendor_asks(connector, salesforce, status):
    connector.discover()
    salesforce.faults.fail_next(status, retry_after=7)
    (answer,) = connector.push([LEAD])

    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.TRANSIENT, 7)
    assert salesforce.count("Lead") == 0


def test_a_read_passes_on_how_long_to_wait(connector, salesforce):
    connector.discover()
    salesforce.faults.fail_next(503, retry_after=30)
    with pytest.raises(Transient) as waits:
        connector.pull(None)

    assert waits.value.retry_after == timedelta(seconds=30)


def test_the_days_calls_are_counted_and_their_end_is_no_refusal_for_ever(connector, salesforce, clock):
    salesforce.faults.limit(per_day=14)
    connector.discover()
    limits = connector.limits()
    assert (limits.calls_allowed, limits.calls_left) == (14, 14 - salesforce.faults.calls_today)

    answers = [connector.push([LEAD])[0] for _ in range(limits.calls_left + 1)]
    assert answers[-1].outcome is Outcome.TRANSIENT
    assert answers[-1].retry_after_seconds == 300
    assert "REQUEST_LIMIT_EXCEEDED" in answers[-1].reason
    clock.advance(timedelta(days=1))
    assert connector.push([LEAD])[0].outcome is Outcome.DONE


def test_limits_are_asked_for_only_when_no_answer_told_them_lately(connector, salesforce, clock):
    asked = [connector.limits().calls_left for _ in range(3)]
    assert asked == [14_999] * 3
    assert salesforce.faults.n_calls("GET", "/limits") == 1
    clock.advance(timedelta(minutes=59))
    connector.limits()
    clock.advance(timedelta(minutes=2))
    connector.limits()
    assert salesforce.faults.n_calls("GET", "/limits") == 2


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (410, "UNSUPPORTED_API_VERSION", "set api_version to one that GET /services/data of your organisation lists"),
        (403, "API_DISABLED_FOR_ORG", "that its connected app grants the scope api"),
    ],
)
def test_a_retired_version_and_a_scope_taken_away_say_what_to_do_and_wait_for_it(
    connector, salesforce, status, code, said
):
    salesforce.close_door(status, code, "no")
    with pytest.raises(Permanent, match=said):
        connector.pull(None)
    (answer,) = connector.push([LEAD])
    assert (answer.outcome, said in answer.reason, code in answer.reason) == (Outcome.TRANSIENT, True, True)
    salesforce.open_door()
    assert connector.push([LEAD])[0].outcome is Outcome.DONE


def test_every_request_counts_as_a_call_but_the_sign_in(connector, salesforce):
    connector.pull(None)
    connector.push([LEAD])
    salesforce.faults.fail_next(503)
    connector.push([LEAD])
    assert connector.calls == salesforce.faults.n_calls("", "/services/") - salesforce.faults.n_calls("", "/oauth2/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_version", "62"),
        ("objects", "Purchase__c:thing"),
        ("objects", "Purchase__c"),
        ("bulk_wait_seconds", "soon"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_valid(clock, name, value):
    settings = {"url": "http://127.0.0.1:1", "client_id": "x", "client_secret": "y"}
    with pytest.raises(BadInput, match=f"salesforce: {name} = '{value}'; valid"):
        connect({**settings, name: value}, clock)


def test_too_many_calls_in_one_second_are_put_off(connector, salesforce, clock):
    connector.discover()
    salesforce.faults.limit(per_second=1)
    clock.advance(timedelta(seconds=1))
    first, second = (connector.push([LEAD])[0] for _ in range(2))

    assert first.outcome is Outcome.DONE
    assert (second.outcome, second.retry_after_seconds) == (Outcome.TRANSIENT, 1)


def test_an_outage_is_waited_for(connector, salesforce):
    salesforce.faults.outage()
    assert connector.push([LEAD])[0].outcome is Outcome.TRANSIENT
    with pytest.raises(Transient):
        connector.pull(None)
    salesforce.faults.outage(on=False)
    assert connector.push([LEAD])[0].outcome is Outcome.DONE


def test_describes_objects_with_limits_and_allowed_values(connector):
    shapes = {shape.object: shape for shape in connector.discover()}
    lead = {field.name: field for field in shapes["Lead"].fields}

    assert shapes["Lead"].entity == "person"
    assert lead["Email"].max_length == 80
    assert lead["Company"].required
    assert "Qualified" in lead["Status"].allowed
    assert not lead["IsConverted"].writable


def test_has_no_webhooks(connector):
    assert connector.verify_webhook({}, b"") is False

"""Signing in as the declaration says, and what a refusal tells to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.ports import Ref
from closeloop.words.errors import BadInput, Permanent, Transient
from support.small_vendor import BASIC

SIGNS = {
    "basic": ("{kind: basic}", {"user": "hub", "password": "sesame"}),
    "bearer": ("{kind: bearer}", {"token": "token-x"}),
    "header": ("{kind: header, header: X-Api-Key}", {"token": "key-x"}),
    "client_credentials": (
        "{kind: client_credentials, scope: people}",
        {"client_id": "app", "client_secret": "secret"},
    ),
    "password": (
        "{kind: password}",
        {"client_id": "app", "client_secret": "secret", "user": "hub", "password": "sesame"},
    ),
}
ACCEPTED = [("authorization", BASIC), ("authorization", "Bearer token-x"), ("x-api-key", "key-x")]


def signed(declared, auth):
    return declared.replace("rest:\n  page", f"rest:\n  auth: {auth}\n  page", 1)


@pytest.mark.parametrize("way", SIGNS)
def test_each_way_of_signing_in_is_taken_and_wrong_secrets_are_named(vendor, connected, declared, way):
    auth, secrets = SIGNS[way]
    vendor.signs = ACCEPTED
    connector = connected(signed(declared, auth), **secrets)
    assert connector.count("Contact") == 0
    assert connector.calls == 1
    wrong = connected(signed(declared, auth), **dict.fromkeys(secrets, "wrong"))
    with pytest.raises(
        Permanent, match=r"credentials are refused; check them|gives us no token \(who are you\): check"
    ):
        wrong.count("Contact")
    with pytest.raises(BadInput, match=f"{next(iter(secrets))}.* missing; signing in by '{way}' needs"):
        connected(signed(declared, auth))


def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(vendor, connected, declared, clock):
    auth, secrets = SIGNS["client_credentials"]
    vendor.signs = ACCEPTED
    connector = connected(signed(declared, auth), **secrets)
    for _ in range(2):
        connector.count("Contact")
    assert vendor.n_tokens == 1
    clock.advance(vendor.token_lives)
    connector.count("Contact")
    vendor._tokens.clear()
    connector.count("Contact")
    assert vendor.n_tokens == 3


def test_a_revoked_scope_says_what_to_give_back(vendor, connector):
    vendor.forbidden = True
    with pytest.raises(
        Permanent, match=r"give it the right .or its token the scope. again.*scope people.read is missing"
    ):
        connector.pull(None)


def test_a_retired_interface_is_told_from_a_record_that_is_gone(vendor, connector):
    number = str(vendor.add(mail="joe@acme.example"))
    assert connector.fetch([Ref("Contact", "99")]) == {}
    vendor.retired = True
    with pytest.raises(Permanent, match=r"HTTP 410.*of a retired version"):
        connector.fetch([Ref("Contact", number)])


def test_an_outage_and_a_rate_pass_on_how_long_to_wait(vendor, connector):
    vendor.faults.fail_next(429, retry_after=17)
    with pytest.raises(Transient) as asked:
        connector.count("Contact")
    assert asked.value.retry_after == timedelta(seconds=17)
    vendor.faults.outage()
    with pytest.raises(Transient, match="HTTP 503"):
        connector.count("Contact")


def test_the_table_of_errors_goes_before_what_a_status_usually_means(vendor, connected, declared):
    rules = "[{status: 410, code: X, means: changed, say: never}, {status: 410, means: transient, say: moving house}]"
    table = f"{{items: errors, table: {rules}}}"
    connector = connected(declared.replace("{items: errors}", table))
    vendor.retired = True
    with pytest.raises(Transient, match="moving house"):
        connector.count("Contact")


def test_the_day_s_limit_is_kept_by_our_own_count(vendor, connected, declared, clock):
    connector = connected(declared.replace("  errors:", "  limits: {per_day: 2, batch: 10}\n  errors:", 1))
    for _ in range(2):
        connector.count("Contact")
    limits = connector.limits()
    assert (limits.calls_left, limits.calls_allowed, connector.batch_size) == (0, 2, 10)
    with pytest.raises(Transient, match="2 calls of the day are used up") as asked:
        connector.count("Contact")
    assert asked.value.retry_after == timedelta(hours=15)
    assert vendor.faults.n_calls() == 2
    clock.advance(timedelta(hours=15))
    assert connector.count("Contact") == 0


def test_a_second_s_limit_is_waited_for(vendor, connected, declared, clock):
    connector = connected(declared.replace("  errors:", "  limits: {per_second: 2}\n  errors:", 1))
    waited = []

    def pause(seconds):
        waited.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    connector.wire._pause = pause
    vendor.faults.limit(per_second=2)
    for _ in range(5):
        connector.count("Contact")
    assert waited == [1.0, 1.0]


def test_an_unreachable_vendor_is_tried_again_later(connected, declared):
    connector = connected(declared, url="http://127.0.0.1:9")
    with pytest.raises(Transient, match="gave no answer"):
        connector.pull(None)

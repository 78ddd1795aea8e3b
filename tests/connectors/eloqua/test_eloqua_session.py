"""Signing in to Eloqua, and what each way of being refused tells to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest

from closeloop.connectors.eloqua import simulate
from closeloop.words.errors import Permanent, Transient


@pytest.fixture
def caller(eloqua):
    auth = (eloqua.settings["user"], eloqua.settings["password"])
    with httpx2.Client(base_url=f"{eloqua.url}/api/REST/2.0/data", auth=auth) as client:
        yield client


def test_oauth_is_used_where_an_app_is_given_and_renewed(eloqua, connected, clock):
    connector = connected(**eloqua.oauth_settings)
    assert connector.count("Lead") == 0
    clock.advance(timedelta(hours=9))
    assert connector.count("Lead") == 0
    eloqua.gate.revoke()
    eloqua.gate._tokens["other"] = clock.now()
    assert eloqua.faults.n_calls("POST", "/auth/oauth2/token") == 2
    assert eloqua.faults.n_calls("GET", "/id") == 1


def test_wrong_secrets_are_named(eloqua, connected):
    with pytest.raises(Permanent, match="credentials are refused; check them"):
        connected(password="wrong").count("Lead")
    with pytest.raises(Permanent, match="check client_id, client_secret, user, password"):
        connected(**{**eloqua.oauth_settings, "client_secret": "wrong"}).count("Lead")


def test_an_instance_that_moved_is_asked_for_again(eloqua, connector, clock):
    assert connector.count("Lead") == 0
    with simulate(clock) as elsewhere:
        elsewhere.create_contact(email="joe@acme.example")
        eloqua.gate.moved_to = elsewhere.url
        assert connector.count("Lead") == 1
    assert eloqua.faults.n_calls("GET", "/id") == 2


def test_a_right_taken_away_is_asked_back(eloqua, connector):
    eloqua.gate.forbidden = frozenset({"/data/contact"})
    with pytest.raises(Permanent, match="may not do that; give it the right"):
        connector.count("Lead")
    assert connector.count("Account") == 0


def test_a_retired_version_is_said_to_be_one(eloqua, connected, packaged_text):
    connector = connected(declared=packaged_text.replace("/REST/2.0/data/contacts", "/REST/1.5/data/contacts"))
    with pytest.raises(Permanent, match="of a retired version"):
        connector.count("Lead")


def test_too_many_at_once_are_turned_away_for_a_while(eloqua, connector):
    eloqua.gate.most_at_once = 0
    with pytest.raises(Transient, match="HTTP 429"):
        connector.count("Lead")


def test_the_simulator_speaks_as_documented(eloqua, caller):
    """Shapes of Oracle's reference: a page of elements, a validation error, an unknown record, no sign-in."""
    eloqua.create_contact(email="joe@acme.example")
    page = caller.get("/contacts?count=1&page=1&depth=minimal").json()
    assert {name: page[name] for name in ("page", "pageSize", "total")} == {"page": 1, "pageSize": 1, "total": 1}
    assert "fieldValues" not in page["elements"][0]
    [error] = caller.post("/contact", json={"firstName": "Joe"}).json()
    assert (error["type"], error["property"]) == ("ObjectValidationError", "emailAddress")
    assert error["requirement"] == {"type": "EmailAddressRequirement"}
    assert caller.get("/contact/7").status_code == 404
    assert caller.get("/contacts", auth=("Acme\\Nobody", "x")).status_code == 401
    assert caller.get("/contacts?count=1001").status_code == 400


def test_the_simulator_keeps_its_rate_over_threads(eloqua, caller):
    eloqua.faults.limit(per_second=3)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: caller.get("/contacts").status_code, range(8))
        assert sorted(answers) == [200] * 3 + [429] * 5

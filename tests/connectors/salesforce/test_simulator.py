"""The simulated Salesforce behaves like the vendor where the hub relies on it."""

from __future__ import annotations

import httpx2
import pytest

from closeloop.connectors.salesforce.simulator.fields import Refused
from closeloop.connectors.salesforce.simulator.ids import full_id

ROOT = "/services/data/v62.0"


@pytest.fixture
def rest(salesforce):
    form = {
        "grant_type": "client_credentials",
        **{k: v for k, v in salesforce.settings.items() if k.startswith("client")},
    }
    with httpx2.Client(base_url=salesforce.url) as http:
        token = http.post("/services/oauth2/token", data=form).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH"),
        ("0013000000a1b2C", "0013000000a1b2CAAQ"),
        ("001000000000001", "001000000000001AAA"),
    ],
)
def test_ids_have_the_vendors_check_characters(short, full):
    assert full_id(short) == full


def test_ids_begin_with_the_prefix_of_their_object(salesforce, sato, joe):
    contact, account, deal = salesforce.convert_lead(joe, {})
    made = (joe, contact, account, deal, salesforce.log_call(contact, sato))
    assert [record_id[:3] for record_id in made] == ["00Q", "003", "001", "006", "00T"]
    assert {len(record_id) for record_id in made} == {18}


def test_a_stranger_is_turned_away(salesforce):
    answer = httpx2.get(f"{salesforce.url}{ROOT}/query", params={"q": "SELECT Id FROM Lead"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_query_is_answered_in_pages_with_an_address_for_the_next(salesforce, sato, rest):
    for n in range(5):
        salesforce.create_lead(sato, LastName=f"Person {n}", Company="Acme")
    salesforce._api._page_size = 2
    page = rest.get(f"{ROOT}/query", params={"q": "SELECT Id, Name FROM Lead ORDER BY Name DESC"}).json()
    names = [row["Name"] for row in page["records"]]
    while not page["done"]:
        page = rest.get(page["nextRecordsUrl"]).json()
        names += [row["Name"] for row in page["records"]]

    assert names == [f"Person {n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("where", "n"),
    [
        ("LastName = 'Smith'", 1),
        ("LastName IN ('Smith', 'O\\'Neill') AND IsConverted = false", 2),
        ("(LastName = 'Smith' OR Title = 'CTO') AND Company = 'Kyushu Denki'", 1),
        ("SystemModstamp >= 2026-09-01T09:00:00Z", 3),
        ("SystemModstamp > 2026-09-01T09:00:00.000Z", 0),
        ("Title = null", 2),
    ],
)
def test_understands_the_soql_that_the_hub_speaks(salesforce, sato, joe, rest, where, n):
    salesforce.create_lead(sato, LastName="O'Neill", Company="Acme")
    salesforce.create_lead(sato, LastName="Tanaka", Company="Kyushu Denki", Title="CTO")
    answer = rest.get(f"{ROOT}/query", params={"q": f"SELECT Id FROM Lead WHERE {where}"}).json()
    assert answer["totalSize"] == n


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nonsense FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("DROP TABLE Lead; --", "MALFORMED_QUERY"),
    ],
)
def test_refuses_other_soql_in_the_vendors_words(rest, soql, code):
    answer = rest.get(f"{ROOT}/query", params={"q": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_single_records_can_be_made_read_changed_and_deleted(salesforce, rest):
    made = rest.post(f"{ROOT}/sobjects/Lead", json={"LastName": "Smith", "Company": "Acme"})
    path = f"{ROOT}/sobjects/Lead/{made.json()['id']}"
    assert made.status_code == 201
    assert rest.patch(path, json={"Title": "CTO"}).status_code == 204
    assert rest.get(path, params={"fields": "Title"}).json()["Title"] == "CTO"
    several = rest.get(f"{ROOT}/composite/sobjects/Lead", params={"ids": made.json()["id"], "fields": "Title"})
    assert [row["Title"] for row in several.json()] == ["CTO"]
    assert rest.delete(path).status_code == 204
    assert rest.get(path).status_code == 404
    assert salesforce.count("Lead") == 0


def test_a_converted_lead_can_be_read_but_not_written(salesforce, joe):
    salesforce.convert_lead(joe)
    with pytest.raises(Refused, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        salesforce.set_status(joe, "Working")


def test_required_fields_are_asked_for_by_name(salesforce, sato):
    with pytest.raises(Refused, match=r"REQUIRED_FIELD_MISSING: Required fields are missing: \[LastName, Company\]"):
        salesforce.create_lead(sato)


def test_a_key_is_unique_among_records_that_are_not_deleted(salesforce, sato):
    first = salesforce.create_lead(sato, LastName="Smith", Company="Acme", Closeloop_Key__c="k1")
    with pytest.raises(Refused, match="DUPLICATE_VALUE"):
        salesforce.create_lead(sato, LastName="Smith", Company="Acme", Closeloop_Key__c="k1")
    salesforce.delete(first)
    salesforce.create_lead(sato, LastName="Smith", Company="Acme", Closeloop_Key__c="k1")


def test_lost_answers_by_share_are_the_same_for_the_same_seed(salesforce):
    salesforce.faults.lose_answers(share=0.5)
    drawn = [salesforce.faults.loses() for _ in range(200)]
    assert 70 < sum(drawn) < 130

"""Records from a file in the simulated organisation: texts become values, ids stay, what does not fit is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.connectors.salesforce import simulate
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.words.errors import BadInput
from closeloop.words.moment import SystemClock

ACME = "0015g0000000002AAA"


@pytest.fixture
def org() -> Iterator[Simulator]:
    with simulate(SystemClock(), {"0055g00000S0005AAB": "sato"}) as simulator:
        yield simulator


def test_texts_become_what_their_fields_hold(org: Simulator):
    entered = org.enter(
        "Opportunity",
        {"Name": "Robots", "StageName": "Proposal", "CloseDate": "2026-12-01", "Amount": "1200.50", "LeadSource": ""},
    )
    deal = org.get(entered)
    assert (deal["Amount"], deal["CloseDate"], deal["LeadSource"], deal["IsClosed"]) == (
        1200.5, "2026-12-01", None, False,
    )  # fmt: skip
    said = {"LastName": "Miller", "HasOptedOutOfEmail": "TRUE", "OwnerId": "0055g00000S0005"}
    contact = org.get(org.enter("Contact", said))
    assert (contact["HasOptedOutOfEmail"], contact["OwnerId"]) == (True, "0055g00000S0005AAB")
    met = org.enter("Event", {"Subject": "Visit", "StartDateTime": "2026-09-01T09:00:00+02:00"})
    assert org.get(met)["StartDateTime"] == "2026-09-01T07:00:00.000+0000"


def test_ids_stay_so_that_records_point_to_each_other_and_no_other_gets_one(org: Simulator):
    assert org.enter("Account", {"Id": ACME, "Name": "Acme"}) == ACME
    contact = org.enter("Contact", {"LastName": "Miller", "AccountId": ACME[:15]})
    assert org.get(contact)["AccountId"] == ACME
    others = {org.enter("Account", {"Name": f"Other {n}"}) for n in range(3)}
    assert len(others) == 3
    assert ACME not in others
    assert org.get(ACME)["Name"] == "Acme"


def test_who_enters_is_not_the_hub(org: Simulator):
    contact = org.get(org.enter("Contact", {"LastName": "Miller"}))
    assert contact["CreatedById"] == contact["OwnerId"] != org.me


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Id": "00Q5g0000000001AAA", "LastName": "Miller"}, "is no id of Contact; valid are 15 or 18 characters"),
        ({"Email": "joe@acme.example"}, r"Required fields are missing: \[LastName\]"),
        ({"LastName": "Miller", "HasOptedOutOfEmail": "perhaps"}, "value not of required type: perhaps"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_the_vendor(org: Simulator, fields: dict[str, str], said: str):
    with pytest.raises(BadInput, match=said):
        org.enter("Contact", fields)
    assert org.count("Contact") == 0


def test_an_id_is_there_once_and_a_day_is_a_day(org: Simulator):
    org.enter("Account", {"Id": ACME, "Name": "Acme"})
    with pytest.raises(BadInput, match="there is a record with '0015g0000000002AAA' already"):
        org.enter("Account", {"Id": ACME, "Name": "Acme again"})
    with pytest.raises(BadInput, match=r"CloseDate: '31\.12\.2026' is no day; valid is one such as 2026-09-01"):
        org.enter("Opportunity", {"Name": "Robots", "StageName": "Proposal", "CloseDate": "31.12.2026"})

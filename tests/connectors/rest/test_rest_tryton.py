"""Tryton's REST interface, driven by nothing but a declaration, on a real Tryton."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.connectors.rest import connect
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import Permanent
from closeloop.words.moment import SystemClock

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "declared" / "tryton-rest.yaml"


@pytest.fixture(scope="module")
def made(tryton):
    application = tryton.create("res.user.application", user=tryton.hub, application="rest")
    token = tryton.read("res.user.application", application, "key")["key"]
    settings = {"url": f"{tryton.url}/crm", "token": token, "declared": EXAMPLE.read_text(), "name": "tryton"}
    connector = connect(settings, SystemClock())
    yield connector, settings
    connector.close()


def test_parties_of_a_real_tryton_are_read_written_and_found_again(tryton, made, read_all, scan_all):
    connector, settings = made
    before = connector.mark()
    create = Command("c-1", Verb.CREATE, "Contact", our_key="k-1", fields={"Name": "Joe Miller"})
    cost, calls = connector.cost([create]), connector.calls
    [answer] = connector.push([create])
    assert (answer.outcome, answer.created, connector.calls - calls) == (Outcome.DONE, True, cost)
    party = int(answer.ref.id)
    tryton.create("party.contact_mechanism", party=party, type="email", value="joe@acme.example")

    [twin] = connector.push([create])
    assert twin.outcome is Outcome.PERMANENT
    assert "The code on party must be unique" in twin.reason
    [again] = connector.push([Command("c-1", Verb.CREATE, "Contact", our_key="k-1", fields=create.fields, attempt=2)])
    assert (again.outcome, again.created, again.ref) == (Outcome.DONE, False, answer.ref)

    records, cursor = read_all(connector, before)
    [joe] = [record for record in records if record.our_key == "k-1"]
    assert joe.fields == {"Name": "Joe Miller", "Email": "joe@acme.example", "Phone": None}
    assert joe in scan_all(connector)
    assert read_all(connector, cursor)[0] == []

    off, on = (
        connector.push([Command(f"c-{verb}", verb, "Contact", answer.ref)])[0]
        for verb in (Verb.DEACTIVATE, Verb.REACTIVATE)
    )
    assert (off.verified, on.verified) == (True, True)
    assert tryton.read("party.party", party, "active")["active"]

    tryton.write("party.party", party, name="Joe M.")
    assert [record.fields["Name"] for record in read_all(connector, cursor)[0]] == ["Joe M."]
    assert connector.fetch([answer.ref])[answer.ref].fields["Name"] == "Joe M."

    [gone] = connector.push([Command("c-9", Verb.ERASE, "Contact", answer.ref)])
    assert gone.outcome is Outcome.DONE
    assert connector.fetch([answer.ref]) == {}
    with pytest.raises(Permanent, match=r"HTTP 401.*credentials are refused"):
        connect({**settings, "token": "wrong"}, SystemClock()).scan("Contact", None)


def test_pages_of_a_real_tryton_are_turned_by_range(tryton, made, read_all, scan_all):
    _, settings = made
    for n in range(9):
        party = tryton.create("party.party", name=f"Party {n}", code=f"x-{n}")
        tryton.write("party.party", party, active=bool(n % 2))
    small = connect({**settings, "declared": settings["declared"].replace("size: 100", "size: 4")}, SystemClock())
    scanned = scan_all(small)
    records, _ = read_all(small)
    living = [each for each in records if each.object == "Contact" and not each.became]  # others merge here too
    assert {(one.id, one.active) for one in scanned} == {(each.id, each.active) for each in living}
    ours = {str(one.our_key): one.active for one in scanned if str(one.our_key).startswith("x-")}
    assert ours == {f"x-{n}": bool(n % 2) for n in range(9)}
    assert len(scanned) == len({one.id for one in scanned})
    # Parties that were merged away are listed too, so that the count of the list is not that of the living.
    assert (small.count("Contact"), small.count("Opportunity") is None) == (None, False)
    assert small.read_back("Contact", ["x-3"])["x-3"].fields["Name"] == "Party 3"
    small.close()


def test_deals_of_a_real_tryton_point_to_their_party(tryton, made, read_all):
    connector, _ = made
    party = tryton.create("party.party", name="Acme")
    deal = Command(
        "d-1",
        Verb.CREATE,
        "Opportunity",
        our_key="d-1",
        fields={"Name": "Robot arm"},
        refs={"person": Ref("Contact", str(party))},
    )
    [answer] = connector.push([deal])
    assert answer.outcome is Outcome.DONE, answer.reason
    tryton.write("sale.opportunity", int(answer.ref.id), amount={"__class__": "Decimal", "decimal": "1200.50"})
    found = connector.read_back("Opportunity", ["d-1"])["d-1"]
    assert (found.fields["Stage"], found.fields["Amount"], found.refs["person"].id) == ("Lead", "1200.50", str(party))
    assert timedelta(0) <= SystemClock().now() - found.changed_at < timedelta(minutes=5)

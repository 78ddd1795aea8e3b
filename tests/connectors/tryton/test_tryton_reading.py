"""What changed at a real Tryton is found, whatever it was and however the stamps fall."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from closeloop.connectors.tryton import connect
from closeloop.ports import Ref
from closeloop.words.errors import Permanent


def ids(records, object_name):
    return [record.id for record in records if record.object == object_name]


def later_mark(connector):
    """A mark in a second in which nothing was written yet: a mark is as fine as the server's clock."""
    now = datetime.now(UTC)
    time.sleep(1 - now.microsecond / 1_000_000)
    return connector.mark()


def test_a_person_a_company_and_a_deal_are_read_with_what_they_point_to(connector, tryton, made):
    acme = made("Account", name="Acme", website="https://acme.example", country="DE")
    joe = made("Contact", name="Joe", email="joe@acme.example", country="jp", refs={"account": acme}, more="joe")
    owner = Ref("User", tryton.sato)
    refs = {"account": acme, "person": joe, "owner": owner}
    deal = made("Opportunity", subject="Pumps", amount="48000.50", currency="EUR", refs=refs)
    found = connector.fetch([acme, joe, deal])
    assert found[acme].fields["website"] == "https://acme.example"
    assert found[joe].fields | {"email": "joe@acme.example", "country": "JP", "phone": None} == found[joe].fields
    assert found[joe].refs == {"account": acme}
    assert found[deal].refs == refs
    said = {"description": "Pumps", "amount": "48000.50", "currency": "EUR", "state": "lead"}
    said |= {"is_won": False, "is_closed": False, "employee": tryton.sato}
    assert found[deal].fields | said == found[deal].fields


def test_an_address_changed_alone_is_seen_although_the_party_itself_keeps_its_stamp(
    connector, tryton, made, everything
):
    joe = made("Contact", name="Joe", email="joe@acme.example")
    before = tryton.read("party.party", int(joe.id), "write_date", "contact_mechanisms")
    _, cursor = everything(None)
    tryton.write("party.contact_mechanism", before["contact_mechanisms"][0], value="joe@new.example")
    assert tryton.read("party.party", int(joe.id), "write_date")["write_date"] == before["write_date"]
    records, _ = everything(cursor)
    [changed] = [record for record in records if record.id == joe.id]
    assert changed.fields["email"] == "joe@new.example"


def test_a_new_employer_is_seen_although_only_the_relation_was_made(connector, tryton, made, everything):
    acme, joe = made("Account", name="Acme"), made("Contact", name="Joe", more="joe")
    bystander = made("Contact", name="Jim", refs={"account": acme}, more="jim")
    cursor = later_mark(connector)
    kind = tryton.call("model.party.relation.type.search", [], 0, 1, None)[0]
    tryton.create("party.relation.all", from_=int(joe.id), to=int(acme.id), type=kind)
    records, _ = everything(cursor)
    assert joe.id in ids(records, "Contact")
    assert bystander.id not in ids(records, "Contact")
    assert connector.fetch([joe])[joe].refs == {"account": acme}
    cursor = later_mark(connector)
    [relation] = tryton.read("party.party", int(joe.id), "relations")["relations"]
    tryton.write("party.relation.all", relation, end_date={"__class__": "date", "year": 2020, "month": 1, "day": 1})
    [left] = [record for record in everything(cursor)[0] if record.id == joe.id]
    assert left.refs == {}


def test_a_record_that_was_never_changed_is_found_although_its_write_date_is_blank(connector, tryton, everything, key):
    cursor = connector.mark()
    deal = tryton.create("sale.opportunity", description=key)
    assert str(deal) in ids(everything(cursor)[0], "Opportunity")
    # The control: asked by write_date, Tryton does not show it.
    long_ago = {"__class__": "datetime", "year": 2000, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
    by_write_date = [["id", "=", deal], ["write_date", ">=", {**long_ago, "microsecond": 0}]]
    assert tryton.call("model.sale.opportunity.search", by_write_date, 0, None, None) == []


def test_many_records_with_one_stamp_come_once_each_over_small_pages(tryton, line, clock, key):
    rows = [{"name": f"{key} {number}"} for number in range(7)]
    settings = {**tryton.settings, "url": line.url, "page_size": "3"}
    connector = connect(settings, clock)
    cursor = connector.mark()
    made = {str(one) for one in tryton.call("model.party.party.create", rows)}
    seen, more = [], True
    while more:
        page = connector.pull(cursor)
        assert len(page.records) <= 3
        seen, cursor, more = [*seen, *ids(page.records, "Account")], page.cursor, page.more
    connector.close()
    assert sorted(one for one in seen if one in made) == sorted(made)
    # The control: a cursor that is the last stamp seen would skip the other four.
    rows = tryton.call("model.party.party.read", [int(one) for one in made], ["last_modified_at"])
    newer = [["id", "in", [row["id"] for row in rows]], ["last_modified_at", ">", rows[2]["last_modified_at"]]]
    assert tryton.call("model.party.party.search", newer, 0, None, None) == []


def test_moments_are_utc_although_the_server_lives_in_japan(connector, made):
    joe = made("Contact", name="Joe")
    [record] = connector.fetch([joe]).values()
    assert abs(datetime.now(UTC) - record.changed_at) < timedelta(minutes=1)


def test_a_mark_tells_what_comes_after_it_and_looks_back_no_further(connector, tryton, everything, key):
    since = datetime.now(UTC).replace(microsecond=0)  # the server tells its time in whole seconds
    cursor = connector.mark()
    new = str(tryton.create("sale.opportunity", description=key))
    first, cursor = everything(cursor)
    again, _ = everything(cursor)
    assert new in ids(first, "Opportunity")
    assert new in ids(again, "Opportunity"), "the look-back tells it twice rather than never"
    assert min(record.changed_at for record in [*first, *again]) >= since
    assert min(record.changed_at for record in everything(None)[0]) < since


def test_a_scan_tells_each_record_as_a_pull_does(connector, tryton, made, everything):
    acme = made("Account", name="Acme")
    made("Contact", name="Joe", email="j@acme.example", phone="+49 30 1234567", refs={"account": acme}, more="joe")
    made("Lead", name="Ann", email="ann@b.example", refs={"owner": Ref("User", tryton.mori)}, more="ann")
    made("Opportunity", subject="Pumps", refs={"account": acme})
    pulled = {(record.object, record.id): record for record in everything(None)[0]}
    for name in connector.objects():
        after, more, told = None, True, []
        while more:
            page = connector.scan(name, after)
            told, after, more = [*told, *page.records], page.cursor, page.more
        assert told
        assert len({record.id for record in told}) == len(told)
        assert [pulled[name, record.id] for record in told] == told
        living = [record for (of, _), record in pulled.items() if of == name and not record.became]
        assert len(told) == len(living)
        assert connector.count(name) in (None, len(told))


def test_what_is_deleted_is_missing_in_a_scan_and_told_by_no_pull(connector, tryton, made, everything):
    acme = made("Account", name="Acme")
    cursor = everything(None)[1]
    tryton.call("model.party.party.delete", [int(acme.id)])
    assert acme.id not in ids(everything(cursor)[0], "Account")
    assert acme.id not in ids(connector.scan("Account", None).records, "Account")
    assert connector.fetch([acme]) == {}


def test_our_own_company_and_employees_are_nobodys_customers(connector, tryton):
    own = {str(tryton.read("company.employee", int(one), "party")["party"]) for one in (tryton.sato, tryton.mori)}
    assert not own & set(ids(connector.scan("Account", None).records, "Account"))


def test_further_fields_are_read_and_a_field_that_is_gone_is_named(tryton, clock, made):
    joe = made("Contact", name="Joe")
    connector = connect({**tryton.settings, "party_fields": "full_name"}, clock)
    assert connector.fetch([joe])[joe].fields["full_name"] == "Joe"
    assert "full_name" in {field.name for shape in connector.discover() for field in shape.fields}
    connector.close()
    connector = connect({**tryton.settings, "party_fields": "rating"}, clock)
    with pytest.raises(Permanent, match=r"'rating'.*may be gone"):
        connector.fetch([joe])
    connector.close()


def test_fields_are_described_in_the_hubs_names(connector):
    shapes = {shape.object: {field.name: field for field in shape.fields} for shape in connector.discover()}
    assert set(shapes) == {"Account", "Contact", "Lead", "Opportunity"}
    assert shapes["Contact"]["email"].writable
    assert not shapes["Contact"]["code"].writable
    assert shapes["Opportunity"]["state"].allowed == ("lead", "opportunity", "lost", "cancelled")

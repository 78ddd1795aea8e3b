"""Contacts, accounts, custom objects and acts come out of Eloqua once, under the hub's names."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files

import pytest

from closeloop.connectors.eloqua import DECLARATION
from closeloop.ports import Ref
from closeloop.words.errors import BadInput, Permanent, ProcessError

DEALS = """
  Deal:
    entity: opportunity
    from: /api/REST/2.0/data/customObject/{n}/instances
    id: id
    changed: updatedAt
    fields: {name: fieldValues.Deal_Name1, partner: fieldValues.Partner1}
    key: fieldValues.Hub_Key1
    refs: {person: {to: Lead, by: contactId}}
    write: [name, partner, person]
    rest:
      params: {depth: complete}
      items: elements
      total: total
      since: {params: {lastUpdatedAt: "{since}", orderBy: updatedAt ASC}, as: unix, ordered: true}
      moments: {updatedAt: unix}
      one: {path: "/api/REST/2.0/data/customObject/{n}/instance/{id}"}
      find: {search: "Hub_Key1='{key}'"}
      create: {path: /api/REST/2.0/data/customObject/{n}/instance}
      update: {path: "/api/REST/2.0/data/customObject/{n}/instance/{id}", whole: true}
      pairs:
        column: fieldValues
        names: {path: /api/REST/2.0/assets/customObject/{n}, items: fields, name: internalName}
"""


def packaged():
    return files("closeloop.connectors.eloqua").joinpath(DECLARATION).read_text()


def test_records_come_under_the_hubs_names_and_once(eloqua, connector, read_all, clock):
    acme = eloqua.create_account("Acme")
    joe = eloqua.create_contact(account=acme, email="joe@acme.example", first_name="Joe", last_name="Miller")
    records, cursor = read_all(connector)
    account, lead = records
    assert (account.object, account.entity, account.fields["name"]) == ("Account", "account", "Acme")
    assert (lead.object, lead.id, lead.refs) == ("Lead", str(joe), {"account": Ref("Account", str(acme))})
    assert (lead.fields["name"], lead.fields["title"], lead.fields["unsubscribed"]) == ("Joe Miller", None, False)
    assert read_all(connector, cursor)[0] == []
    clock.advance(timedelta(minutes=30))
    eloqua.update_contact(joe, title="CTO", C_IsSubscribed="false")
    [changed], _ = read_all(connector, cursor)
    assert (changed.fields["title"], changed.fields["unsubscribed"]) == ("CTO", True)
    assert connector.scan("Lead", None).records == (changed,)
    assert connector.count("Lead") == 1


def test_many_contacts_are_read_over_pages(eloqua, connected, read_all):
    for n in range(47):
        eloqua.create_contact(email=f"p{n}@acme.example")
    connector = connected(declared=packaged().replace("size: 500", "size: 20"))
    records, _ = read_all(connector)
    assert len({record.id for record in records}) == len(records) == 47


ACTS = [
    ("EmailOpen", "Spring.Invitation", {}, "email.opened"),
    ("EmailClickthrough", "Spring.Invitation", {"EmailClickedThruLink": "https://acme.example/a"}, "email.clicked"),
    ("FormSubmit", "Demo", {"RawData": "x"}, "form.submitted"),
    ("PageView", "", {"Url": "https://acme.example/robot?utm_campaign=spring&product=arm"}, "page.viewed"),
    ("Unsubscribe", "", {}, "email.unsubscribed"),
    ("Bounceback", "Spring.Invitation", {}, "email.bounced"),
    ("WebVisit", "", {}, None),
]


def test_acts_are_touches_of_the_hub(eloqua, connector, read_all):
    joe = eloqua.create_contact(email="joe@acme.example")
    for type_, asset, details, _ in ACTS:
        eloqua.act(type_, joe, asset, **details)
    records, cursor = read_all(connector)
    touches = {record.touch: record for record in records if record.entity == "activity"}
    assert set(touches) == {touch for *_, touch in ACTS if touch}
    assert {record.refs["person"] for record in touches.values()} == {Ref("Lead", str(joe))}
    page = touches["page.viewed"].fields
    assert (page["campaign"], page["product"]) == ("spring", "arm")
    assert touches["email.opened"].fields == {"asset": "Spring.Invitation"}
    assert [one.touch for one in connector.scan("Activity", None).records] == []
    assert read_all(connector, cursor)[0] == []


def test_acts_are_asked_for_when_they_are_due_and_none_twice(eloqua, connector, read_all, clock):
    joe = eloqua.create_contact(email="joe@acme.example")
    _, cursor = read_all(connector)
    eloqua.act("EmailOpen", joe, "A")
    before = connector.calls
    assert read_all(connector, cursor)[0] == []
    assert connector.calls - before == 2
    clock.advance(timedelta(minutes=16))
    eloqua.act("EmailOpen", joe, "B")
    records, cursor = read_all(connector, cursor)
    assert [record.fields["asset"] for record in records] == ["A", "B"]
    clock.advance(timedelta(minutes=16))
    assert read_all(connector, cursor)[0] == []


def test_an_export_that_takes_its_time_is_looked_for_again(eloqua, connector, read_all, clock):
    joe = eloqua.create_contact(email="joe@acme.example")
    eloqua.act("EmailOpen", joe, "A")
    eloqua.bulk.slow_polls = 2
    eloqua.bulk.fail_syncs = 1
    cursor, touches, waits = None, [], 0
    for _ in range(40):
        records, cursor = read_all(connector, cursor)
        touches += [record.touch for record in records if record.touch]
        waits += not records
    assert touches == ["email.opened"]
    assert waits > 10


def test_an_export_that_is_no_longer_kept_is_asked_for_anew(eloqua, connector, read_all):
    joe = eloqua.create_contact(email="joe@acme.example")
    eloqua.act("EmailSend", joe, "A")
    eloqua.bulk.slow_polls = 1
    records, cursor = read_all(connector)
    assert not any(record.touch for record in records)
    eloqua.bulk.forget()
    eloqua.bulk.slow_polls = 0
    touches = []
    for _ in range(3):
        records, cursor = read_all(connector, cursor)
        touches += [record.touch for record in records if record.touch]
    assert touches == ["email.sent"]


def test_a_scan_of_acts_waits_for_its_exports(eloqua, connector):
    joe = eloqua.create_contact(email="joe@acme.example")
    eloqua.act("PageView", joe, "", Url="https://acme.example/")
    touches, after, more = [], None, True
    while more:
        pulled = connector.scan("Activity", after)
        touches += [record.touch for record in pulled.records]
        after, more = pulled.cursor, pulled.more
    assert touches == ["page.viewed"]


def test_a_mark_tells_only_what_comes_later(eloqua, connector, read_all, clock):
    joe = eloqua.create_contact(email="joe@acme.example")
    eloqua.act("EmailOpen", joe, "A")
    clock.advance(timedelta(minutes=1))
    cursor = connector.mark()
    clock.advance(timedelta(minutes=30))
    eloqua.act("EmailOpen", joe, "B")
    eloqua.create_contact(email="sato@acme.example")
    records, cursor = read_all(connector, cursor)
    told = [record.fields.get("email") or record.fields.get("asset") for record in records]
    assert told == ["sato@acme.example"]
    clock.advance(timedelta(hours=2))
    assert [record.fields["asset"] for record in read_all(connector, cursor)[0]] == ["B"]


def test_a_custom_object_is_read_and_written_by_the_declaration(eloqua, connected, read_all):
    deal = eloqua.create_custom_object("Deal registration", "Deal_Name1", "Partner1", "Hub_Key1")
    joe = eloqua.create_contact(email="joe@acme.example")
    eloqua.create_entry(deal, joe, Deal_Name1="Robot arm", Partner1="Kyushu Denki")
    connector = connected(declared=packaged() + DEALS.replace("{n}", str(deal)))
    records, _ = read_all(connector)
    [found] = [record for record in records if record.object == "Deal"]
    assert (found.entity, found.fields["partner"], found.refs["person"].id) == ("opportunity", "Kyushu Denki", str(joe))
    assert connector.objects() == ["Account", "Lead", "Deal", "Activity"]


def test_declarations_and_settings_that_do_not_fit_are_named(connected):
    with pytest.raises(ProcessError, match=r"eloqua\.yaml:\d+: objects\.Lead\.rest\.itms: unknown key 'itms'"):
        connected(declared=packaged().replace("      items: elements\n", "      itms: elements\n"))
    with pytest.raises(BadInput, match="no object 'Lead'"):
        connected(declared=packaged().replace("  Lead:", "  Person:"))
    with pytest.raises(BadInput, match="password missing"):
        connected(password="")
    with pytest.raises(Permanent, match="is no cursor of Eloqua's"):
        connected().pull("nonsense")

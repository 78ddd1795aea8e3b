"""Campaigns, their members, whoever has a role in a deal, the stages it went through, and who can own all that."""

from __future__ import annotations

import json
from datetime import timedelta

from closeloop.ports import Command, Outcome, Ref, Verb


def everything(connector, cursor=None):
    records = []
    while True:
        page = connector.pull(cursor)
        records += page.records
        cursor = page.cursor
        if not page.more:
            return {record.id: record for record in records}, cursor


def test_a_member_of_a_campaign_is_a_touch_when_there_was_a_response(connector, salesforce, joe, sato):
    campaign = salesforce.insert("Campaign", {"Name": "Robots 2026"}, by=sato)
    wanted = {
        "Sent": None, "Responded": "list.joined", "Registered": "event.registered", "Attended": "event.attended",
        "No Show": "event.missed",
    }  # fmt: skip
    members = {salesforce.add_member(campaign, joe, status): touch for status, touch in wanted.items()}
    records, _ = everything(connector)
    assert (records[campaign].entity, records[campaign].fields["Name"]) == ("campaign", "Robots 2026")
    assert {member: records[member].touch for member in members} == members
    assert {records[member].entity for member in members} == {"activity"}
    assert records[min(members)].refs == {"person": Ref("Lead", joe), "campaign": Ref("Campaign", campaign)}


def test_a_member_follows_its_lead_to_the_contact(connector, salesforce, joe, sato):
    member = salesforce.add_member(salesforce.insert("Campaign", {"Name": "C"}, by=sato), joe)
    _, cursor = everything(connector)
    contact, *_ = salesforce.convert_lead(joe)
    assert everything(connector, cursor)[0][member].refs["person"] == Ref("Contact", contact)


def test_a_deal_carries_its_campaign_all_roles_and_the_stages_it_went_through(connector, salesforce, sato, mori, clock):
    begun = clock.now()
    campaign = salesforce.insert("Campaign", {"Name": "Robots 2026"}, by=sato)
    boss, buyer = (salesforce.create_contact(sato, LastName=name) for name in ("Boss", "Buyer"))
    deal = salesforce.create_opportunity(sato, Name="Robots", ContactId=boss, CampaignId=campaign)
    clock.advance(timedelta(days=1))
    role = salesforce.link(deal, buyer, by=sato)
    salesforce.change(role, {"Role": "Decision Maker"}, by=sato)
    salesforce.change(deal, {"Amount": 5}, by=mori)
    salesforce.change(deal, {"StageName": "Proposal"}, by=mori)
    record = everything(connector)[0][deal]
    assert (record.refs["person"], record.refs["campaign"]) == (Ref("Contact", boss), Ref("Campaign", campaign))
    assert json.loads(record.fields["roles"]) == [[boss, None, True], [buyer, "Decision Maker", False]]
    stages = json.loads(record.fields["stage_history"])
    assert [(stage, by) for stage, _, by in stages] == [("Prospecting", sato), ("Proposal", mori)]
    assert stages[0][1] == f"{begun:%Y-%m-%dT%H:%M:%S}.000+0000"
    assert connector.fetch([Ref("Opportunity", deal)])[Ref("Opportunity", deal)] == record


def test_a_role_taken_away_changes_the_deal(connector, salesforce, sato):
    contact = salesforce.create_contact(sato, LastName="Smith")
    deal = salesforce.create_opportunity(sato, Name="Robots")
    role = salesforce.link(deal, contact, by=sato)
    before, cursor = everything(connector)
    salesforce.delete(role, by=sato)
    after, _ = everything(connector, cursor)
    assert (before[deal].refs["person"], "person" in after[deal].refs) == (Ref("Contact", contact), False)
    assert after[deal].fields["roles"] is None


def test_users_and_queues_are_told_with_their_names_and_whether_they_are_active(connector, salesforce, sato):
    queue = salesforce.add_queue("Inbound")
    gone = salesforce.add_user("gone@example.com", "Gone", active=False)
    told = {owner.id: (owner.name, owner.kind, owner.active) for owner in connector.owners()}
    assert (told[sato], told[queue]) == (("Sato", "user", True), ("Inbound", "queue", True))
    assert told[gone] == ("Gone", "user", False)


def test_a_queue_owns_a_lead_but_is_no_seller(connector, salesforce, joe):
    queue = salesforce.add_queue("Inbound")
    [answer] = connector.push(
        [Command("u", Verb.UPDATE, "Lead", Ref("Lead", joe), refs={"owner": Ref("Group", queue)})]
    )
    assert answer.outcome is Outcome.DONE
    record = everything(connector)[0][joe]
    assert (record.fields["OwnerId"], record.refs) == (queue, {})

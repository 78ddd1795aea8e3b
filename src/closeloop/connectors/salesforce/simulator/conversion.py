"""What the vendor does when a lead is converted: it goes into a contact, an account, perhaps a deal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from closeloop.connectors.salesforce.simulator.fields import Row, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.org import Org
from closeloop.ports import Value

_CARRIED_OVER = {  # what a conversion copies from the lead to a new contact, by the vendor's standard mapping
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Email": "Email",
    "Phone": "Phone",
    "MobilePhone": "MobilePhone",
    "Title": "Title",
    "LeadSource": "LeadSource",
    "HasOptedOutOfEmail": "HasOptedOutOfEmail",
    "Country": "MailingCountry",
    "Description": "Description",
}
_TO_THE_DEAL = ("Product__c", "Region__c", "Campaign_Name__c", "Closeloop_Packet__c", "LeadSource")
Made = tuple[str, str, str | None]
"""Ids of the contact, the account and the deal."""


def convert(
    org: Org,
    lead_id: str,
    *,
    opportunity: Mapping[str, Value] | None,
    account_id: str | None,
    contact_id: str | None,
    owner: str | None,
    opportunity_id: str | None = None,
) -> Made:
    """Convert a lead; what is not named is made, and what hung on the lead moves to the contact. Raises Refused.

    Args:
        opportunity: fields of a deal to be made; none is made without.
        opportunity_id: of a deal of the same account that is there; the contact gets a role in it.
    """
    with org.lock:
        lead = org.writable(org.schema.objects["Lead"], full_id(lead_id))
        by = owner or str(lead["OwnerId"])
        if not by.startswith("005"):
            what = "Converted objects can only be owned by users. If the lead is not owned by a user, you must specify "
            raise refuse("UNKNOWN_EXCEPTION", what + "a user for the Owner field.")
        for given in (account_id, contact_id, opportunity_id):
            row = org.row(given) if given else None
            if given and (row is None or row["IsDeleted"]):
                raise refuse("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {given}")
        account_id = account_id or _account_of(org, contact_id)
        if opportunity_id and (account_id is None or org.get(opportunity_id).get("AccountId") != full_id(account_id)):
            what = f"the opportunity {opportunity_id} does not belong to the account {account_id}"
            raise refuse("FIELD_INTEGRITY_EXCEPTION", what, "opportunityId")
        account_id = account_id or _new_account(org, lead, by)
        contact_id = contact_id or _new_contact(org, lead, account_id, by)
        deal_id = opportunity_id and full_id(opportunity_id)
        if deal_id is not None:
            _into_deal(org, lead, deal_id, contact_id, by)
        elif opportunity is not None:
            deal_id = _new_deal(org, lead, opportunity, account_id, contact_id, by)
        for name in ("Task", "Event"):
            org.move(name, "WhoId", str(lead["Id"]), contact_id, by)
        for member in org.rows("CampaignMember"):
            if member.get("LeadId") == lead["Id"]:
                org.force(str(member["Id"]), {"ContactId": contact_id}, by=by)
        org.force(
            str(lead["Id"]),
            {
                "IsConverted": True,
                "ConvertedDate": _day(org, 0),
                "ConvertedContactId": contact_id,
                "ConvertedAccountId": account_id,
                "ConvertedOpportunityId": deal_id,
                "Status": "Closed - Converted",
            },
            by=by,
        )
        return contact_id, account_id, deal_id


def _account_of(org: Org, contact_id: str | None) -> str | None:
    account = org.get(contact_id).get("AccountId") if contact_id else None
    return account if isinstance(account, str) else None


def _new_account(org: Org, lead: Row, by: str) -> str:
    carried = {"NumberOfEmployees": lead["NumberOfEmployees"], "BillingCountry": lead["Country"]}
    return org.insert("Account", {"Name": lead["Company"], "OwnerId": by, **carried}, by=by)


def _new_contact(org: Org, lead: Row, account_id: str, by: str) -> str:
    said = {there: lead[here] for here, there in _CARRIED_OVER.items()}
    return org.insert("Contact", {**said, "AccountId": account_id, "OwnerId": by}, by=by)


def _new_deal(org: Org, lead: Row, said: Mapping[str, Value], account_id: str, contact_id: str, by: str) -> str:
    dated: dict[str, Value] = {"StageName": "Prospecting", "CloseDate": _day(org, 90), "OwnerId": by}
    carried = {name: lead[name] for name in _TO_THE_DEAL}
    links: dict[str, Value] = {"AccountId": account_id, "ContactId": contact_id, "Name": f"{lead['Company']}-"}
    return org.insert("Opportunity", {**dated, **carried, **links, **said}, by=by)


def _into_deal(org: Org, lead: Row, deal_id: str, contact_id: str, by: str) -> None:
    """What the deal holds stays; what it lacks comes from the lead, and the contact gets a role where it has none."""
    deal = org.get(deal_id)
    lacking = {name: lead[name] for name in _TO_THE_DEAL if deal.get(name) is None and lead[name] is not None}
    if lacking:
        org.force(deal_id, lacking, by=by)
    roles = [row for row in org.rows("OpportunityContactRole") if row["OpportunityId"] == deal_id]
    if all(row["ContactId"] != contact_id for row in roles):
        org.link(deal_id, contact_id, by=by, primary=not roles)


def _day(org: Org, ahead: int) -> str:
    return (org.faults.clock.now() + timedelta(days=ahead)).date().isoformat()

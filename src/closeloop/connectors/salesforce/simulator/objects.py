"""What is set up in the simulated organisation: standard objects as sales works with them, and what the hub adds."""

from __future__ import annotations

from closeloop.connectors.salesforce.simulator.fields import Field, FieldType, Sobject

LEAD_STATUS = (
    "Open",
    "Working",
    "Qualified",
    "Nurturing",
    "Unqualified",
    "Open - Not Contacted",
    "Working - Contacted",
    "Closed - Converted",
    "Closed - Not Converted",
)
STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Proposal",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
)
MEMBER_STATUS = ("Sent", "Responded", "Registered", "Attended", "No Show")
RESPONSES = ("Responded", "Registered", "Attended")
TASK_STATUS = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
PRIORITY = ("High", "Normal", "Low")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "JPY")


def text(name: str, length: int = 255, *, required: bool = False, kind: FieldType = "string") -> Field:
    """A text of at most `length` characters."""
    return Field(name, kind, length, required)


def plain(name: str, kind: FieldType) -> Field:
    """A value of another type that anybody may write."""
    return Field(name, kind, default=False if kind == "boolean" else None)


def told(name: str, kind: FieldType, *refers: str) -> Field:
    """A value that the vendor sets itself."""
    return Field(name, kind, refers=refers, writable="never", default=False if kind == "boolean" else None)


def choice(name: str, allowed: tuple[str, ...], *, default: str | None = None, required: bool = False) -> Field:
    """A restricted picklist."""
    return Field(name, "picklist", 255, required, allowed, default=default)


def points_to(name: str, *refers: str, once: bool = False) -> Field:
    """A reference to a record of one of these objects; `once`: only when the record is made."""
    return Field(name, "reference", refers=refers, writable="create" if once else "both")


def everywhere(name: str, prefix: str, *fields: Field) -> Sobject:
    """An object with these fields, and with those that each has."""
    given = (
        told("Id", "id"),
        told("IsDeleted", "boolean"),
        told("CreatedDate", "datetime"),
        told("CreatedById", "reference", "User"),
        told("LastModifiedDate", "datetime"),
        told("LastModifiedById", "reference", "User"),
        told("SystemModstamp", "datetime"),
    )
    return Sobject(name, prefix, {field.name: field for field in (*given, *fields)})


_OWNER = points_to("OwnerId", "User")
_OWNER_OR_QUEUE = points_to("OwnerId", "User", "Group")
_KEY = Field("Closeloop_Key__c", "string", 255, external_id=True)
_PACKET = text("Closeloop_Packet__c", 32768, kind="textarea")
_PURSUIT = (text("Product__c"), text("Region__c"), text("Campaign_Name__c"), _PACKET, _KEY)
_OFF = (plain("Closeloop_Inactive__c", "boolean"), text("Closeloop_Reason__c"))
_REACH = (
    text("Email", 80, kind="email"),
    text("Phone", 40, kind="phone"),
    text("MobilePhone", 40, kind="phone"),
    text("Title", 128),
    text("LeadSource", 255),
    text("Description", 32000, kind="textarea"),
    plain("HasOptedOutOfEmail", "boolean"),
)
_ACTIVITY = (
    text("Subject"),
    points_to("WhoId", "Lead", "Contact"),
    points_to("WhatId", "Account", "Opportunity", "Campaign"),
    told("AccountId", "reference", "Account"),
    text("Description", 32000, kind="textarea"),
    text("Type", 40),
    _OWNER,
)

OBJECTS = {
    sobject.name: sobject
    for sobject in (
        everywhere(
            "User",
            "005",
            text("Username", 80),
            text("Name", 121),
            text("Email", 128, kind="email"),
            plain("IsActive", "boolean"),
        ),
        everywhere("Group", "00G", text("Name", 80), text("Type", 40)),
        everywhere(
            "LeadStatus", "01J", text("MasterLabel"), plain("SortOrder", "int"), plain("IsConverted", "boolean")
        ),
        everywhere(
            "OpportunityHistory",
            "008",
            told("OpportunityId", "reference", "Opportunity"),
            told("StageName", "string"),
            told("Amount", "currency"),
            told("CloseDate", "date"),
        ),
        everywhere(
            "CampaignMember",
            "00v",
            points_to("CampaignId", "Campaign", once=True),
            points_to("LeadId", "Lead"),
            points_to("ContactId", "Contact"),
            choice("Status", MEMBER_STATUS, default="Sent"),
            told("HasResponded", "boolean"),
            told("FirstRespondedDate", "date"),
        ),
        everywhere(
            "Campaign",
            "701",
            text("Name", 80, required=True),
            text("Type", 40),
            text("Status", 40),
            plain("ActualCost", "currency"),
            plain("IsActive", "boolean"),
            _OWNER,
        ),
        everywhere(
            "Account",
            "001",
            text("Name", required=True),
            text("Website", kind="url"),
            text("Phone", 40, kind="phone"),
            plain("NumberOfEmployees", "int"),
            text("Industry", 255),
            text("BillingCountry", 80),
            plain("Budget__c", "boolean"),
            told("MasterRecordId", "reference", "Account"),
            _OWNER,
            _KEY,
        ),
        everywhere(
            "Contact",
            "003",
            told("Name", "string"),
            text("FirstName", 40),
            text("LastName", 80, required=True),
            *_REACH,
            text("MailingCountry", 80),
            points_to("AccountId", "Account"),
            told("MasterRecordId", "reference", "Contact"),
            _OWNER,
            *_OFF,
            _KEY,
        ),
        everywhere(
            "Lead",
            "00Q",
            told("Name", "string"),
            text("FirstName", 40),
            text("LastName", 80, required=True),
            text("Company", required=True),
            *_REACH,
            text("Country", 80),
            plain("NumberOfEmployees", "int"),
            text("Industry", 255),
            choice("Status", LEAD_STATUS, default="Open", required=True),
            told("IsConverted", "boolean"),
            told("ConvertedDate", "date"),
            told("ConvertedContactId", "reference", "Contact"),
            told("ConvertedAccountId", "reference", "Account"),
            told("ConvertedOpportunityId", "reference", "Opportunity"),
            told("MasterRecordId", "reference", "Lead"),
            _OWNER_OR_QUEUE,
            *_OFF,
            *_PURSUIT,
        ),
        everywhere(
            "Opportunity",
            "006",
            text("Name", 120, required=True),
            choice("StageName", STAGES, required=True),
            Field("CloseDate", "date", required=True),
            plain("Amount", "currency"),
            choice("CurrencyIsoCode", CURRENCIES, default="EUR"),
            text("LeadSource", 255),
            text("Type", 255),
            text("Description", 32000, kind="textarea"),
            points_to("AccountId", "Account"),
            points_to("ContactId", "Contact", once=True),
            points_to("CampaignId", "Campaign"),
            told("IsClosed", "boolean"),
            told("IsWon", "boolean"),
            text("Loss_Reason__c"),
            _OWNER,
            *_PURSUIT,
        ),
        everywhere(
            "OpportunityContactRole",
            "00K",
            points_to("OpportunityId", "Opportunity", once=True),
            points_to("ContactId", "Contact"),
            text("Role", 255),
            plain("IsPrimary", "boolean"),
        ),
        everywhere(
            "Task",
            "00T",
            *_ACTIVITY,
            choice("Status", TASK_STATUS, default="Not Started", required=True),
            choice("Priority", PRIORITY, default="Normal"),
            plain("ActivityDate", "date"),
            told("IsClosed", "boolean"),
            told("CompletedDateTime", "datetime"),
            Field("TaskSubtype", "string", 40, writable="create", default="Task"),
            text("CallDisposition"),
            text("CallType", 40),
            plain("CallDurationInSeconds", "int"),
            *_PURSUIT,
        ),
        everywhere(
            "Event",
            "00U",
            *_ACTIVITY,
            Field("StartDateTime", "datetime", required=True),
            plain("EndDateTime", "datetime"),
            Field("DurationInMinutes", "int", default=60),
            text("Location"),
        ),
    )
}

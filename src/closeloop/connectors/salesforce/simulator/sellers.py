"""What sellers do in the vendor's own screens: the moves that scenarios and tests make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from closeloop.connectors.salesforce.simulator.conversion import convert
from closeloop.connectors.salesforce.simulator.fields import Row
from closeloop.connectors.salesforce.simulator.merging import merge
from closeloop.connectors.salesforce.simulator.org import Org, vendor_moment
from closeloop.ports import Value


class Sellers(Org):
    """An organisation with people at work in it: `owner` and `by` are ids of users. Every move raises Refused."""

    def create_lead(self, owner: str, **fields: Value) -> str:
        """A lead that a seller typed in."""
        return self.insert("Lead", {"OwnerId": owner, **fields}, by=owner)

    def create_contact(self, owner: str, **fields: Value) -> str:
        return self.insert("Contact", {"OwnerId": owner, **fields}, by=owner)

    def create_account(self, owner: str, **fields: Value) -> str:
        return self.insert("Account", {"OwnerId": owner, **fields}, by=owner)

    def create_opportunity(self, owner: str, **fields: Value) -> str:
        """A deal; `ContactId` makes the primary contact role."""
        dated: dict[str, Value] = {"StageName": "Prospecting", "CloseDate": self._day(90), "OwnerId": owner}
        return self.insert("Opportunity", {**dated, **fields}, by=owner)

    def convert_lead(
        self,
        lead_id: str,
        opportunity: Mapping[str, Value] | None = None,
        *,
        account_id: str | None = None,
        contact_id: str | None = None,
        owner: str | None = None,
    ) -> tuple[str, str, str | None]:
        """Turn a lead into a contact, an account and, if its fields are given, an opportunity: their ids.

        The lead can be read but not written afterwards; its tasks and events move to the contact.
        """
        return convert(
            self, lead_id, opportunity=opportunity, account_id=account_id, contact_id=contact_id, owner=owner
        )

    def add_member(self, campaign_id: str, person_id: str, status: str = "Sent") -> str:
        """Put a lead or a contact into a campaign; `change` its status when it responds."""
        whom = "LeadId" if person_id.startswith("00Q") else "ContactId"
        return self.insert("CampaignMember", {"CampaignId": campaign_id, whom: person_id, "Status": status}, by=self.me)

    def log_call(self, who_id: str, owner: str, disposition: str = "", subject: str = "Call", **fields: Value) -> str:
        """A call that took place, with its result: a completed task."""
        call: dict[str, Value] = {
            "WhoId": who_id,
            "OwnerId": owner,
            "Subject": subject,
            "Status": "Completed",
            "TaskSubtype": "Call",
            "CallDisposition": disposition,
            "ActivityDate": self._day(0),
        }
        return self.insert("Task", {**call, **fields}, by=owner)

    def book_meeting(self, who_id: str, owner: str, at: datetime, subject: str = "Meeting", **fields: Value) -> str:
        """A meeting in the calendar."""
        meeting: dict[str, Value] = {
            "WhoId": who_id,
            "OwnerId": owner,
            "Subject": subject,
            "Type": "Meeting",
            "StartDateTime": vendor_moment(at),
        }
        return self.insert("Event", {**meeting, **fields}, by=owner)

    def set_status(self, lead_id: str, status: str) -> None:
        """The lead's owner sets its status."""
        self.change(lead_id, {"Status": status})

    def set_stage(self, opportunity_id: str, stage: str, **fields: Value) -> None:
        """The deal's owner moves it to a stage."""
        self.change(opportunity_id, {"StageName": stage, **fields})

    def close(self, opportunity_id: str, *, won: bool, reason: str | None = None, amount: float | None = None) -> None:
        """The deal is won or lost today."""
        fields: dict[str, Value] = {"CloseDate": self._day(0), "Loss_Reason__c": None if won else reason}
        if amount is not None:
            fields["Amount"] = amount
        self.change(opportunity_id, {"StageName": "Closed Won" if won else "Closed Lost", **fields})

    def change(self, record_id: str, fields: Mapping[str, Value], *, by: str | None = None) -> None:
        """Somebody, by default its owner, edits a record."""
        row = self.get(record_id)
        self.update(self.object_of(record_id), str(row["Id"]), fields, by=by or self._owner(record_id))

    def merge(self, survivor_id: str, loser_id: str) -> None:
        """Merge two records of one kind: the loser goes, what hung on it moves to the survivor."""
        merge(self, self.object_of(survivor_id), {"id": survivor_id}, [loser_id], by=self._owner(survivor_id))

    def delete(self, record_id: str, *, by: str | None = None) -> None:
        """Put a record into the bin."""
        row = self.get(record_id)
        self.force(str(row["Id"]), {"IsDeleted": True}, by=by or self._owner(record_id))

    def count(self, object_name: str, *, open_only: bool = False) -> int:
        """How many records there are; `open_only`: not converted, not closed, not deactivated."""
        return sum(not open_only or _is_open(row) for row in self.rows(object_name))

    def records(self, object_name: str, **having: Value) -> list[Row]:
        """The records that hold exactly these values, as they truly stand."""
        return [row for row in self.rows(object_name) if all(row.get(name) == value for name, value in having.items())]

    def object_of(self, record_id: str) -> str:
        """What kind of record an id belongs to."""
        return self._sobject(record_id).name

    def _owner(self, record_id: str) -> str:
        return self._text(record_id, "OwnerId") or self.me

    def _text(self, record_id: str, field: str) -> str | None:
        value = self.get(record_id).get(field)
        return value if isinstance(value, str) else None

    def _day(self, ahead: int) -> str:
        return (self.faults.clock.now() + timedelta(days=ahead)).date().isoformat()


def _is_open(row: Row) -> bool:
    done = row.get("IsConverted") or row.get("IsClosed") or row.get("Status") == "Deferred"
    return not (done or row.get("Closeloop_Inactive__c"))

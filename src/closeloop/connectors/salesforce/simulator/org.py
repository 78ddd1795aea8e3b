"""The rows of the simulated organisation, as the vendor writes them: ids, stamps, derived fields, unique keys."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from closeloop.connectors.salesforce.simulator.checks import checked, rules_hold
from closeloop.connectors.salesforce.simulator.fields import Row, Sobject, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id, make_id
from closeloop.connectors.salesforce.simulator.objects import LEAD_STATUS, RESPONSES
from closeloop.connectors.salesforce.simulator.schema import Schema
from closeloop.ports import Value
from closeloop.simulation import Faults, Table

KEY = "Closeloop_Key__c"


class Org:
    """One organisation. Hold `lock` for anything that reads and then writes.

    Attributes:
        me: id of the user that the hub signs in as.
        faults: set the delay of reads here.
        protected: ids of records that the hub may not delete.
        schema: what is set up.
        deleted_at: object → id of each record that was deleted → when, as the log of deletions has it.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.lock = threading.RLock()
        self.schema = Schema()
        self._tables: defaultdict[str, Table[str, Row]] = defaultdict(lambda: Table(faults))
        self._purged: set[str] = set()
        self.deleted_at: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._numbers: Counter[str] = Counter()
        self._locked: Counter[str] = Counter()
        self.protected: set[str] = set()
        self._keys: dict[tuple[str, str], str] = {}
        self.me = self.add_user("hub@example.com", "Closeloop")
        for place, label in enumerate(LEAD_STATUS):
            status: dict[str, Value] = {"MasterLabel": label, "SortOrder": place}
            self.insert("LeadStatus", {**status, "IsConverted": label == "Closed - Converted"}, by=self.me)

    def add_user(self, username: str, name: str, *, user_id: str | None = None, active: bool = True) -> str:
        """A user who can own records; gives the id, which is `user_id` in its full length if that is given."""
        said: dict[str, Value] = {"Username": username, "Name": name, "IsActive": active}
        return self.insert("User", said, by="", record_id=user_id and full_id(user_id))

    def add_queue(self, name: str) -> str:
        """A queue that can own leads and tasks; gives the id."""
        return self.insert("Group", {"Name": name, "Type": "Queue"}, by=self.me)

    def insert(self, object_name: str, said: Mapping[str, Value], *, by: str, record_id: str | None = None) -> str:
        """Make a record; `by` owns it unless `said` names an owner. Raises Refused."""
        sobject = self.schema.objects[object_name]
        with self.lock:
            values = checked(self.schema, sobject, said, self.row, new=True)
            self._unique(sobject, values, None)
            others = self.rows(object_name) if object_name in self.schema.unique else ()
            rules_hold(self.schema, sobject, values, others, new=True)
            if "OwnerId" in sobject.fields and values.get("OwnerId") is None:
                values["OwnerId"] = by
            new_id = record_id or self._next_id(sobject)
            born: dict[str, Value] = {"Id": new_id, "CreatedDate": self.stamp(), "CreatedById": by, "IsDeleted": False}
            self._store(sobject, {**values, **born}, by)
            if object_name == "Opportunity" and isinstance(contact := values.get("ContactId"), str):
                self.link(new_id, contact, by=by, primary=True)
            return new_id

    def update(self, object_name: str, record_id: str, said: Mapping[str, Value], *, by: str) -> None:
        """Change a record. Raises Refused."""
        sobject = self.schema.objects[object_name]
        with self.lock:
            row = self.writable(sobject, record_id)
            values = checked(self.schema, sobject, said, self.row, new=False)
            self._unique(sobject, values, record_id)
            rules_hold(self.schema, sobject, {**row, **values}, (), new=False)
            self._store(sobject, {**row, **values}, by)

    def upsert(self, object_name: str, key: str, said: Mapping[str, Value], *, by: str) -> tuple[str, bool]:
        """Change the record that carries `key`, or make it: its id, and whether it was made. Raises Refused."""
        with self.lock:
            found = self._keyed(object_name, key)
            if found is None:
                return self.insert(object_name, {**said, KEY: key}, by=by), True
            self.update(object_name, found, said, by=by)
            return found, False

    def link(self, opportunity_id: str, contact_id: str, *, by: str, primary: bool = False) -> str:
        """Give somebody a role in a deal; the primary one is the deal's own contact."""
        with self.lock:
            role: dict[str, Value] = {"OpportunityId": opportunity_id, "ContactId": contact_id, "IsPrimary": primary}
            if primary:
                self.force(opportunity_id, {"ContactId": contact_id}, by=by)
            return self.insert("OpportunityContactRole", role, by=by)

    def force(self, record_id: str, values: Mapping[str, Value], *, by: str) -> None:
        """Write what only the vendor itself can: conversion, deletion, moving of activities."""
        with self.lock:
            sobject = self._sobject(record_id)
            self._store(sobject, {**self.get(record_id), **values}, by)

    def remove(self, record_id: str, *, by: str) -> None:
        """Put a record into the bin. Raises Refused."""
        with self.lock:
            row = self.row(record_id)
            if row is None:
                raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            if row["IsDeleted"]:
                raise refuse("ENTITY_IS_DELETED", "entity is deleted")
            if by == self.me and record_id in self.protected:
                raise refuse("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
            self.force(record_id, {"IsDeleted": True}, by=by)

    def undelete(self, record_id: str, *, by: str) -> None:
        """Take a record out of the bin; one that was merged away is itself again. Raises Refused."""
        with self.lock:
            row = self.row(record_id)
            if row is None or not row["IsDeleted"]:
                raise refuse("UNDELETE_FAILED", "Entity is not in the recycle bin")
            self._unique(self._sobject(record_id), row, record_id)
            back: dict[str, Value] = {"IsDeleted": False}
            self.force(record_id, {**back, **({"MasterRecordId": None} if "MasterRecordId" in row else {})}, by=by)

    def purge(self, record_id: str) -> None:
        """Take a record out of the bin for good. Raises Refused."""
        with self.lock:
            row = self.row(record_id)
            if row is None or not row["IsDeleted"]:
                raise refuse("INVALID_ID_FIELD", "entity is not in the recycle bin", "Id")
            self._purged.add(record_id)

    def move(self, object_name: str, field: str, old: str, new: str, by: str) -> list[str]:
        """Let everything that points to one record point to another: the ids of what was moved."""
        moved = [str(row["Id"]) for row in self.rows(object_name) if row.get(field) == old]
        for record_id in moved:
            self.force(record_id, {field: new}, by=by)
        return moved

    def protect(self, record_id: str) -> None:
        """Take the hub's right to delete a record."""
        self.protected.add(full_id(record_id))

    def lock_row(self, record_id: str, n: int = 1) -> None:
        """Let the next `n` writes to this record meet a row lock."""
        self._locked[record_id] += n

    def row(self, record_id: str) -> Row | None:
        """A record as it truly stands, deleted ones included."""
        sobject = self.schema.of_id(record_id)
        return self._tables[sobject.name].now(record_id) if sobject and record_id not in self._purged else None

    def writable(self, sobject: Sobject, record_id: str) -> Row:
        """A record that may be changed now. Raises Refused."""
        if self.schema.of_id(record_id) is not sobject:
            raise refuse("MALFORMED_ID", f"Record ID: id value of incorrect type: {record_id}", "Id")
        row = self.row(record_id)
        if row is None:
            raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row["IsDeleted"]:
            raise refuse("ENTITY_IS_DELETED", "entity is deleted")
        if row.get("IsConverted"):
            raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if self._locked[record_id] > 0:
            self._locked[record_id] -= 1
            what = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
            raise refuse("UNABLE_TO_LOCK_ROW", what)
        return row

    def get(self, record_id: str) -> Row:
        """The same, where it must be there. Raises KeyError."""
        row = self.row(full_id(record_id))
        if row is None:
            raise KeyError(record_id)
        return row

    def seen(self, object_name: str, *, deleted: bool = False) -> Iterator[Row]:
        """The rows that a reader of the API sees now."""
        rows = (row for row in self._tables[object_name].all_seen() if row["Id"] not in self._purged)
        return (row for row in rows if deleted or not row["IsDeleted"])

    def rows(self, object_name: str) -> list[Row]:
        """The rows that are not deleted, as they truly stand, in order of creation."""
        with self.lock:
            return [row for row in self._tables[object_name].all_now() if not row["IsDeleted"]]

    def stamp(self) -> str:
        """Now, as the vendor writes moments."""
        return vendor_moment(self.faults.clock.now())

    def _next_id(self, sobject: Sobject) -> str:
        """The next id that no record has: some bring one of their own."""
        while True:
            self._numbers[sobject.prefix] += 1
            new_id = make_id(sobject.prefix, self._numbers[sobject.prefix])
            if self.row(new_id) is None:
                return new_id

    def _unique(self, sobject: Sobject, values: Mapping[str, Value], but: str | None) -> None:
        key = values.get(KEY)
        if isinstance(key, str) and (holder := self._keyed(sobject.name, key)) not in (None, but):
            what = f"duplicate value found: {KEY} duplicates value on record with id: {holder}"
            raise refuse("DUPLICATE_VALUE", what, KEY)

    def _keyed(self, object_name: str, key: str) -> str | None:
        """Id of the record that carries a key; one in the bin no longer does."""
        found = self._keys.get((object_name, key))
        row = self.row(found) if found else None
        return None if row is None or row["IsDeleted"] else found

    def _store(self, sobject: Sobject, row: dict[str, Value], by: str) -> None:
        now = self.stamp()
        if isinstance(key := row.get(KEY), str) and not row["IsDeleted"]:
            self._keys[sobject.name, key] = str(row["Id"])
        before = self.row(str(row["Id"]))
        if row["IsDeleted"] and not (before and before["IsDeleted"]):
            self.deleted_at[sobject.name][str(row["Id"])] = self.faults.clock.now()
        if not row["IsDeleted"]:
            self.deleted_at[sobject.name].pop(str(row["Id"]), None)
        changed = {**row, "LastModifiedById": by, "LastModifiedDate": now, "SystemModstamp": now}
        self._tables[sobject.name].put(str(row["Id"]), {**changed, **self._derived(sobject, changed)})
        if sobject.name == "Opportunity":
            self._keep_history(row, before or {}, by)

    def _keep_history(self, deal: Row, before: Row, by: str) -> None:
        told = ("StageName", "Amount", "CloseDate")
        if any(deal.get(name) != before.get(name) for name in told):
            history = self.schema.objects["OpportunityHistory"]
            born = {"Id": self._next_id(history), "CreatedDate": self.stamp(), "CreatedById": by}
            values = {**{name: deal.get(name) for name in told}, "OpportunityId": deal["Id"], "IsDeleted": False}
            self._store(history, {**born, **values}, by)

    def _sobject(self, record_id: str) -> Sobject:
        sobject = self.schema.of_id(record_id)
        if sobject is None:
            raise KeyError(record_id)
        return sobject

    def _derived(self, sobject: Sobject, row: Row) -> dict[str, Value]:
        """The fields that the vendor computes."""
        if sobject.name in ("Lead", "Contact"):
            return {"Name": " ".join(str(part) for part in (row.get("FirstName"), row["LastName"]) if part)}
        if sobject.name == "Opportunity":
            return {"IsClosed": str(row["StageName"]).startswith("Closed"), "IsWon": row["StageName"] == "Closed Won"}
        if sobject.name == "Task":
            closed = row["Status"] == "Completed"
            completed_at = (row.get("CompletedDateTime") or self.stamp()) if closed else None
            return {"IsClosed": closed, "CompletedDateTime": completed_at, "AccountId": self._account_of(row)}
        if sobject.name == "CampaignMember":
            responded = row["Status"] in RESPONSES
            since = row.get("FirstRespondedDate") or (self.stamp()[:10] if responded else None)
            return {"HasResponded": responded, "FirstRespondedDate": since}
        return {"AccountId": self._account_of(row)} if sobject.name == "Event" else {}

    def _account_of(self, activity: Row) -> Value:
        for name in ("WhatId", "WhoId"):
            target = activity.get(name)
            if isinstance(target, str) and target.startswith("001"):
                return target
            known = self.row(target) if isinstance(target, str) else None
            if known is not None and (account := known.get("AccountId")):
                return account
        return None


def vendor_moment(at: datetime) -> str:
    """A moment as the vendor writes it: "2026-09-01T09:00:00.000+0000"."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"

"""Parties and opportunities read whole: by id, by our key, or by any domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Ground, Grounds
from closeloop.connectors.tryton.names import DEAL, DEAL_READ, EITHER, KEY, LEAD_KEY, PARTIES, PARTY
from closeloop.connectors.tryton.records import deal_record, is_open_lead, party_objects, party_record
from closeloop.connectors.tryton.tagged import Row
from closeloop.ports import Owner, Record, Ref

Domain = Sequence[object]
Deals = Mapping[int, Sequence[Row]]
"""Party → the opportunities made for it as a lead, the oldest first."""


class Reader:
    """Reads rows, and makes records of them. `extra` are further fields of opportunities."""

    def __init__(self, client: Client, grounds: Grounds, extra: Sequence[str]) -> None:
        self._client, self._grounds = client, grounds
        self._deal_read = [*DEAL_READ, *extra]

    def parties(self, ids: Iterable[int]) -> dict[int, Row]:
        """The rows of these parties, in one call; one that is gone is absent."""
        return {int(row["id"]): row for row in self.some_parties([("id", "in", sorted(set(ids)))], None)}

    def deals(self, ids: Iterable[int]) -> dict[int, Row]:
        """The rows of these opportunities, in one call; one that is gone is absent."""
        return {int(row["id"]): row for row in self.some_deals([("id", "in", sorted(set(ids)))], None)}

    def some_parties(self, domain: Domain, limit: int | None) -> list[Row]:
        """Rows by id, inactive ones included."""
        read = list(self._grounds.get().party_read)
        found = self._client.ask(f"model.{PARTY}.search_read", [EITHER, *domain], 0, limit, [("id", "ASC")], read)
        return list(found)

    def some_deals(self, domain: Domain, limit: int | None) -> list[Row]:
        """Rows by id."""
        self._grounds.get()
        order = [("id", "ASC")]
        return list(self._client.ask(f"model.{DEAL}.search_read", [*domain], 0, limit, order, self._deal_read))

    def insiders(self) -> list[int]:
        """The parties that are the installation's own companies and employees, in one call: no customers."""
        companies = self._grounds.get().companies
        rows = self._client.ask("model.company.employee.search_read", [], 0, None, None, ["party"])
        return sorted(companies | {int(row["party"]) for row in rows})

    def employees(self) -> list[Owner]:
        """Who may own leads and opportunities, in one call; inactive is who left, or whose party is inactive."""
        read = [
            "party.name",
            "party.active",
            "party.contact_mechanisms.type",
            "party.contact_mechanisms.value",
            "active",
        ]
        self._grounds.get()
        domain = [("company", "=", self._client.company), EITHER]
        rows = self._client.ask("model.company.employee.search_read", domain, 0, None, [("id", "ASC")], read)
        return [_employee(row) for row in rows]

    def lead_deals(self, party_ids: Iterable[int]) -> Deals:
        """The opportunities made for these parties as leads, in one call."""
        domain = [("party", "in", sorted(set(party_ids))), ("reference", "like", f"{LEAD_KEY}%")]
        found: dict[int, list[Row]] = {}
        for row in self.some_deals(domain, None):
            found.setdefault(int(row["party."]["id"]), []).append(row)
        return found

    def party_records(self, rows: Sequence[Row]) -> list[Record]:
        """Rows of parties as records, a person who was a lead as both; asks once more if there are persons."""
        ground = self._grounds.get()
        people = [row for row in rows if ground.person in row["categories"]]
        concerned = {int(row["id"]) for row in people}
        concerned |= {int(row["replaced_by."]["id"]) for row in people if row.get("replaced_by.")}
        deals = self.lead_deals(concerned) if concerned else {}
        return [record for row in rows for record in _told(row, deals, ground)]

    def deal_records(self, rows: Sequence[Row]) -> list[Record]:
        """Rows of opportunities as records, without those that only say that their party is a lead."""
        ground = self._grounds.get()
        return [deal_record(row, ground) for row in rows if not is_open_lead(row)]

    def fetch(self, refs: Iterable[Ref]) -> dict[Ref, Record]:
        """These records as they stand; one that is gone is absent."""
        wanted = {ref for ref in refs if ref.id.isdigit()}
        people = {int(ref.id) for ref in wanted if ref.object in PARTIES}
        deals = {int(ref.id) for ref in wanted if ref.object == "Opportunity"}
        records = self.party_records(list(self.parties(people).values())) if people else []
        records += self.deal_records(list(self.deals(deals).values())) if deals else []
        return {ref: record for record in records if (ref := Ref(record.object, record.id)) in wanted}

    def by_key(self, object_name: str, keys: Sequence[str]) -> dict[str, Record]:
        """The records that carry these keys; of two with one key, the older."""
        if object_name == "Opportunity":
            records = self.deal_records(self.some_deals([("reference", "in", [KEY + key for key in keys])], None))
        elif object_name in PARTIES:
            records = self.party_records(list(self.parties_by_key(keys).values()))
        else:
            return {}
        found: dict[str, Record] = {}
        for record in records:
            if record.object == object_name and record.our_key is not None:
                found.setdefault(record.our_key, record)
        return {key: found[key] for key in keys if key in found}

    def parties_by_key(self, keys: Iterable[str], *, merged: bool = True) -> dict[str, Row]:
        """The rows of parties by the key that each was made under; `merged`: one that was is found as its survivor."""
        codes = {KEY + key for key in keys}
        inside: list[object] = [("code", "in", sorted(codes)), *([EITHER] if merged else [])]
        rows = self.some_parties([("identifiers", "where", inside)], None)
        # A merge takes the loser's identifiers along and makes them inactive: they are looked up apart.
        carried = {code: row for row in rows for code in _codes(row) if code in codes}
        left = sorted(codes - carried.keys())
        if left and rows:
            lost = self._client.ask(
                "model.party.identifier.search_read", [EITHER, ("code", "in", left)], 0, None, None, ["code", "party"]
            )
            by_id = {int(row["id"]): row for row in rows}
            carried |= {str(one["code"]): by_id[int(one["party"])] for one in lost if int(one["party"]) in by_id}
        return {code.removeprefix(KEY): row for code, row in carried.items()}


def _employee(row: Row) -> Owner:
    party = row["party."]
    emails = [str(each["value"]) for each in party["contact_mechanisms."] if each["type"] == "email"]
    return Owner(
        str(row["id"]), str(party["name"]), bool(row["active"] and party["active"]), email=next(iter(emails), None)
    )


def _codes(row: Row) -> list[str]:
    return [str(one["code"]) for one in row["identifiers."]]


def _told(row: Row, deals: Deals, ground: Ground) -> Iterable[Record]:
    own = deals.get(int(row["id"]), ())
    survivor = "Account"
    if other := row.get("replaced_by."):
        theirs = deals.get(int(other["id"]), ())
        is_person = ground.person in other["categories"]
        survivor = ("Lead" if theirs and all(map(is_open_lead, theirs)) else "Contact") if is_person else "Account"
    return (party_record(name, row, own, ground, survivor) for name in party_objects(row, own, ground))

"""Persons forgotten by order, and records brought back.

A party that nothing refers to is deleted. Any other is made inactive and blanked by Tryton's wizard "Erase", so that
orders and invoices stay whole. A deleted record cannot be had again: it is made anew under its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from closeloop.connectors.tryton.answers import done, failed, ids_of
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.deals import Deals
from closeloop.connectors.tryton.ground import Grounds
from closeloop.connectors.tryton.halving import halved
from closeloop.connectors.tryton.judging import Refused
from closeloop.connectors.tryton.leads import Leads, party_id
from closeloop.connectors.tryton.names import BUTTONS, DEAL, DEAL_FIELDS, OFF, PARTY, PARTY_FIELDS, USER
from closeloop.connectors.tryton.parties import Parties
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.records import is_open_lead
from closeloop.connectors.tryton.tagged import Row
from closeloop.connectors.tryton.wizards import run
from closeloop.ports import Answer, Command, Ref
from closeloop.words.errors import EndError


class Ending:
    """Carries out ERASE and RESTORE."""

    def __init__(
        self,
        client: Client,
        grounds: Grounds,
        reader: Reader,
        makers: tuple[Parties, Deals, Leads],
        extra: Sequence[str],
    ) -> None:
        self._client, self._grounds, self._reader, self._extra = client, grounds, reader, extra
        self._parties, self._deals, self._leads = makers

    def erase(self, group: Sequence[Command]) -> list[Answer]:
        """Each record deleted, or blanked where others refer to it; done also where it is gone."""
        if group[0].object == "Opportunity":
            rows = self._reader.deals(ids_of(group))
            there = [command for command in group if party_id(command) in rows]
            errors = self._delete_deals([rows[party_id(command)] for command in there])
            return [self._erased(command, errors.get(party_id(command))) for command in group]
        rows = self._reader.parties(ids_of(group))
        there = [command for command in group if party_id(command) in rows]
        if group[0].object == "Lead" and there:
            deals = self._reader.lead_deals(ids_of(there))
            self._delete_deals([row for of_one in deals.values() for row in of_one if is_open_lead(row)])
        deleted = halved(there, self._delete_parties)
        wrong = {
            command.key: self._blank(command) if isinstance(error, Refused) else error
            for command, error in zip(there, deleted, strict=True)
            if error is not None
        }
        return [self._erased(command, wrong.get(command.key)) for command in group]

    def cost_to_erase(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails and nothing else refers to the records."""
        return {"Opportunity": 3, "Lead": 5}.get(group[0].object, 2)

    def restore(self, group: Sequence[Command]) -> list[Answer]:
        """Fields into the record if it is still there, active again; else into a new one."""
        name, extra = group[0].object, self._grounds.get().party_read
        is_deal = name == "Opportunity"
        group = [_as_it_can_be(command, self._extra if is_deal else extra) for command in group]
        rows = self._reader.deals(ids_of(group)) if is_deal else self._reader.parties(ids_of(group))
        there = [each for each in group if party_id(each) in rows and not rows[party_id(each)].get("replaced_by.")]
        anew = [command for command in group if command not in there]
        answers: list[Answer] = []
        if there:
            written = self._deals.written(there, rows) if is_deal else self._parties.written(there, rows, active=True)
            answers += written
        if there and name == "Lead":
            self._lead_again(there)
        if anew:
            make = {"Opportunity": self._deals.create, "Lead": self._leads.create}.get(name, self._parties.create)
            answers += make(anew)
        return answers

    def cost_to_restore(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails and every record is gone."""
        costs = {"Opportunity": self._deals.cost_to_create, "Lead": self._leads.cost_to_create}
        return 1 + costs.get(group[0].object, self._parties.cost_to_create)(group)

    def _lead_again(self, there: Sequence[Command]) -> None:
        deals = [row for rows in self._reader.lead_deals(ids_of(there)).values() for row in rows]
        self._deals.pressed("lead", [int(row["id"]) for row in deals if row["state"] == "cancelled"])

    def _erased(self, command: Command, error: EndError | None) -> Answer:
        return failed(command, error) if error else done(command, verified=True)

    def _delete_deals(self, rows: Sequence[Row]) -> dict[int, EndError]:
        open_ones = [int(row["id"]) for row in rows if row["state"] not in OFF]
        errors: dict[int, EndError] = {
            deal: error
            for deal, error in zip(open_ones, self._deals.pressed("cancelled", open_ones), strict=True)
            if error
        }
        left = [int(row["id"]) for row in rows if int(row["id"]) not in errors]
        results = halved(left, self._delete_some)
        return errors | {deal: error for deal, error in zip(left, results, strict=True) if error}

    def _delete_some(self, some: Sequence[int]) -> list[None]:
        self._client.tell(f"model.{DEAL}.delete", list(some))
        return [None] * len(some)

    def _delete_parties(self, some: Sequence[Command]) -> list[None]:
        self._client.tell(f"model.{PARTY}.delete", [party_id(each) for each in some])
        return [None] * len(some)

    def _blank(self, command: Command) -> EndError | None:
        try:
            self._client.tell(f"model.{PARTY}.write", [party_id(command)], {"active": False})
            run(self._client, "party.erase", {"party": party_id(command)}, "erase")
        except EndError as error:
            return error
        return None


def _as_it_can_be(command: Command, extra: Sequence[str]) -> Command:
    """A RESTORE without what nobody can write: what Tryton counts, and states that only a sale makes."""
    own = {name for name in extra if "." not in name} - {"code", "active", "categories"}
    writable = own | set(DEAL_FIELDS if command.object == "Opportunity" else PARTY_FIELDS)
    fields = {name: value for name, value in command.fields.items() if name in writable}
    if command.object == "Opportunity" and fields.get("state") not in BUTTONS:
        fields.pop("state", None)
    owner = command.fields.get("employee")
    if command.object == "Lead" and owner:
        return replace(command, fields=fields, refs={"owner": Ref(USER, str(owner)), **command.refs})
    return replace(command, fields=fields)

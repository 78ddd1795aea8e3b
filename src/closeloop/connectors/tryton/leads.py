"""Leads: a person's party, and the opportunity that puts it before its seller until the seller moves it on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from closeloop.connectors.tryton.answers import done, failed, gone, ids_of, made_before, moved, our_key
from closeloop.connectors.tryton.bodies import lead_values
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.deals import Deals
from closeloop.connectors.tryton.judging import Refused
from closeloop.connectors.tryton.names import LEAD_KEY, PARTY
from closeloop.connectors.tryton.parties import Parties, told_apart
from closeloop.connectors.tryton.reading import Deals as LeadDeals
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.records import has_moved_on
from closeloop.ports import Answer, Command, Outcome, Ref
from closeloop.words.errors import EndError


class Leads:
    """Makes and changes leads."""

    def __init__(self, client: Client, reader: Reader, parties: Parties, deals: Deals) -> None:
        self._client, self._reader, self._parties, self._deals = client, reader, parties, deals

    def create(self, group: Sequence[Command]) -> list[Answer]:
        """A party and its opportunity for each command; what an earlier attempt made of it is taken, and completed."""
        sound, unsound = told_apart(group, lead_values)
        answers = [failed(command, error) for command, error in unsound]
        made = self._parties.create([command for command, _ in sound])
        answers += [answer for answer in made if answer.outcome is not Outcome.DONE]
        parties = {answer.key: int(answer.ref.id) for answer in made if answer.outcome is Outcome.DONE and answer.ref}
        new = {answer.key for answer in made if answer.created}
        old = [party for key, party in parties.items() if key not in new]
        complete = self._reader.lead_deals(old) if old else {}
        wanted = [pair for pair in sound if pair[0].key in parties]
        lacking = [pair for pair in wanted if parties[pair[0].key] not in complete]
        answers += [
            made_before(command, Ref("Lead", str(parties[command.key])))
            for command, _ in wanted
            if parties[command.key] in complete
        ]
        extra = {"company": self._deals.company()}
        results = self._deals.made(
            [
                {**values, **extra, "party": parties[command.key], "reference": LEAD_KEY + our_key(command)}
                for command, values in lacking
            ]
        )
        for (command, _), result in zip(lacking, results, strict=True):
            if isinstance(result, EndError):
                answers.append(self._undone(command, parties[command.key], result, new=command.key in new))
            else:
                answers.append(done(command, Ref("Lead", str(parties[command.key])), created=True))
        return answers

    def cost_to_create(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        return self._parties.cost_to_create(group) + 1

    def update(self, group: Sequence[Command]) -> list[Answer]:
        """Fields into the party, owner and packet into the opportunity; one that a seller moved on is CHANGED."""
        rows = self._reader.parties(ids_of(group))
        deals = self._reader.lead_deals(ids_of(group))
        answers = [self._over(command, deals) for command in group if self._is_over(command, deals)]
        going = [command for command in group if not self._is_over(command, deals)]
        answers += [gone(command) for command in going if party_id(command) not in rows]
        there = [command for command in going if party_id(command) in rows]
        sound, unsound = told_apart(there, lead_values)
        answers += [failed(command, error) for command, error in unsound]
        written = self._parties.written([command for command, _ in sound], rows)
        went = {answer.key for answer in written if answer.outcome is Outcome.DONE}
        changes = [(command, values) for command, values in sound if values and command.key in went]
        by_id = {int(row["id"]): row for rows_of in deals.values() for row in rows_of}
        results = self._deals.changed(
            [(int(deals[party_id(command)][0]["id"]), values) for command, values in changes], by_id
        )
        wrong = {command.key: result for (command, _), result in zip(changes, results, strict=True) if result}
        commands = {command.key: command for command in there}
        return answers + [
            failed(commands[answer.key], wrong[answer.key]) if answer.key in wrong else answer for answer in written
        ]

    def cost_to_update(self, group: Sequence[Command]) -> int:
        """Calls when nothing fails."""
        about_deal = any("owner" in command.refs or _handed(command) for command in group)
        return 2 + self._parties.cost_to_write(group) + about_deal

    def _is_over(self, command: Command, deals: LeadDeals) -> bool:
        own = deals.get(party_id(command), ())
        return not own or has_moved_on(own)

    def _over(self, command: Command, deals: LeadDeals) -> Answer:
        own = deals.get(party_id(command), ())
        if not own:
            return gone(command)
        id_ = str(party_id(command))
        return moved(command, (Ref("Contact", id_), *(Ref("Opportunity", str(deal["id"])) for deal in own)))

    def _undone(self, command: Command, party: int, error: EndError, *, new: bool) -> Answer:
        """A party whose opportunity is refused would be nobody's: it goes again, or the next attempt completes it."""
        if new and isinstance(error, Refused):
            with suppress(EndError):
                self._client.tell(f"model.{PARTY}.delete", [party])
        return replace(failed(command, error), ref=None)


def party_id(command: Command) -> int:
    """The party of a command, 0 where its id is none of Tryton's."""
    return int(command.ref.id) if command.ref and command.ref.id.isdigit() else 0


def _handed(command: Command) -> bool:
    return bool({"packet", "subject", "company", "product"} & {name for name, value in command.fields.items() if value})

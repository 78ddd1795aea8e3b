"""Commands carried out at Tryton, those of one verb and object together, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from closeloop.connectors.tryton.answers import cannot, failed, our_key
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.deals import Deals
from closeloop.connectors.tryton.ending import Ending
from closeloop.connectors.tryton.ground import LOOK_UPS, Grounds
from closeloop.connectors.tryton.leads import Leads
from closeloop.connectors.tryton.merging import CAN_MERGE, Merger
from closeloop.connectors.tryton.names import ENTITIES
from closeloop.connectors.tryton.parties import Parties
from closeloop.connectors.tryton.reading import Reader
from closeloop.connectors.tryton.switching import Switch
from closeloop.ports import Answer, Command, Ref, Verb
from closeloop.words.errors import EndError

Group = Sequence[Command]
Way = tuple[Callable[[Group], list[Answer]], Callable[[Group], int]]


class Pusher:
    """Sends each group of commands the way that its verb and object take, and says what that costs."""

    def __init__(self, client: Client, grounds: Grounds, reader: Reader, extra: Sequence[str]) -> None:
        self._grounds = grounds
        self.parties = parties = Parties(client, grounds, reader)
        self.deals = deals = Deals(client, grounds, reader, extra)
        leads = Leads(client, reader, parties, deals)
        switch, merger = Switch(client, reader, deals), Merger(client, reader, parties)
        ending = Ending(client, grounds, reader, (parties, deals, leads), extra)
        self._ways: Mapping[Verb, Way] = {
            Verb.DEACTIVATE: (switch.switch, switch.cost),
            Verb.REACTIVATE: (switch.switch, switch.cost),
            Verb.MERGE: (merger.merge, merger.cost),
            Verb.ERASE: (ending.erase, ending.cost_to_erase),
            Verb.RESTORE: (ending.restore, ending.cost_to_restore),
        }
        self._making: Mapping[tuple[Verb, str], Way] = {
            (Verb.CREATE, "Opportunity"): (deals.create, deals.cost_to_create),
            (Verb.UPDATE, "Opportunity"): (deals.update, deals.cost_to_update),
            (Verb.CREATE, "Lead"): (leads.create, leads.cost_to_create),
            (Verb.UPDATE, "Lead"): (leads.update, leads.cost_to_update),
            **{(Verb.CREATE, name): (parties.create, parties.cost_to_create) for name in ("Account", "Contact")},
            **{(Verb.UPDATE, name): (parties.update, parties.cost_to_update) for name in ("Account", "Contact")},
        }

    def push(self, commands: Group) -> list[Answer]:
        """One answer for each command, in order. A failed call is an answer to its commands, never raised."""
        answers: dict[str, Answer] = {}
        for group in _groups(commands):
            way = self._way(group[0])
            try:
                if way:
                    self._grounds.get()
                answered = way[0](group) if way else [cannot(command) for command in group]
            except EndError as error:
                answered = [failed(command, error) for command in group]
            answers.update((answer.key, answer) for answer in answered)
        return [answers[command.key] for command in commands]

    def cost(self, commands: Group) -> int:
        """Calls that a push makes when nothing fails."""
        ways = [(way, group) for group in _groups(commands) if (way := self._way(group[0]))]
        first = LOOK_UPS if ways and not self._grounds.ready else 0
        return first + sum(way[1](group) for way, group in ways)

    def _way(self, command: Command) -> Way | None:
        if command.object not in ENTITIES or (command.verb is Verb.MERGE and command.object not in CAN_MERGE):
            return None
        return self._ways.get(command.verb) or self._making.get((command.verb, command.object))


def _groups(commands: Group) -> Iterator[list[Command]]:
    """Commands of one verb and object together; those about one record keep their order."""
    turns: dict[Ref | str, int] = {}
    waves: list[dict[tuple[Verb, str], list[Command]]] = []
    for command in commands:
        about: set[Ref | str] = {command.ref or our_key(command)}
        about |= {command.refs["loser"]} if "loser" in command.refs else set()
        turn = max(turns.get(one, 0) for one in about)
        turns.update(dict.fromkeys(about, turn + 1))
        if turn == len(waves):
            waves.append({})
        waves[turn].setdefault((command.verb, command.object), []).append(command)
    for wave in waves:
        yield from wave.values()

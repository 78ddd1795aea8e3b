"""Codes and people in commands, looked up as Tryton's ids: a call for each kind that the commands need."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.tryton.bodies import Looked
from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.names import MECHANISM, PARTIES
from closeloop.ports import Command


def look_ups(commands: Sequence[Command]) -> int:
    """How many calls `looked_up` makes for commands about one object."""
    return sum(map(bool, (_codes(commands, "country"), _codes(commands, "currency"), _people(commands))))


def looked_up(client: Client, commands: Sequence[Command]) -> Looked:
    """The ids that the values of these commands stand for; a code that Tryton has not is absent."""
    countries, currencies, people = _codes(commands, "country"), _codes(commands, "currency"), _people(commands)
    first: dict[int, int] = {}
    if people:
        domain = [("party", "in", people)]
        for row in client.ask(f"model.{MECHANISM}.search_read", domain, 0, None, [("id", "ASC")], ["party"]):
            first.setdefault(int(row["party"]), int(row["id"]))
    return Looked(_ids(client, "country.country", countries), _ids(client, "currency.currency", currencies), first)


def _ids(client: Client, model: str, codes: list[str]) -> dict[str, int]:
    if not codes:
        return {}
    found = client.ask(f"model.{model}.search_read", [("code", "in", codes)], 0, None, None, ["code"])
    return {str(row["code"]): int(row["id"]) for row in found}


def _codes(commands: Sequence[Command], name: str) -> list[str]:
    concerned = [each for each in commands if (each.object in PARTIES) is (name == "country")]
    return sorted({str(each.fields[name]).upper() for each in concerned if each.fields.get(name)})


def _people(commands: Sequence[Command]) -> list[int]:
    """Persons who are to be the contact of a company's opportunity: Tryton takes one of their mechanisms for that."""
    deals = [each.refs for each in commands if each.object not in PARTIES and {"person", "account"} <= each.refs.keys()]
    return sorted({int(refs["person"].id) for refs in deals if refs["person"].id.isdigit()})

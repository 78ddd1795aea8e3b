"""The fields of parties and opportunities by Tryton's own description, under the hub's names."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Grounds
from closeloop.connectors.tryton.names import (
    BUTTONS,
    DEAL,
    DEAL_FIELDS,
    ENTITIES,
    MECHANISMS,
    PARTIES,
    PARTY,
    PARTY_FIELDS,
)
from closeloop.connectors.tryton.tagged import Json, Row
from closeloop.ports import Shape, ShapeField

_OURS = ("is_won", "is_closed")


def discover(client: Client, grounds: Grounds, extra: Sequence[str]) -> list[Shape]:
    """What can be read and written, asked in two calls; a field that is not there is left out."""
    ground = grounds.get()
    more = [name for name in ground.party_read if "." not in name]
    party_names = tuple(dict.fromkeys((*PARTY_FIELDS, "code", *more)))
    parties: Json = client.ask(f"model.{PARTY}.fields_get", [*party_names, "addresses"])
    deals: Json = client.ask(f"model.{DEAL}.fields_get", ["number", *DEAL_FIELDS, *extra])
    hidden = {"active", "categories", "country", "_timestamp", "last_modified_at"}
    of_party = [_field(name, parties[name]) for name in party_names if name in parties and name not in hidden]
    of_party.append(ShapeField("country", "char", writable=True, max_length=2))
    of_deal = [_field(name, deals[name]) for name in ("number", *DEAL_FIELDS, *extra) if name in deals]
    of_deal += [ShapeField(name, "boolean", writable=False) for name in _OURS]
    fields = {**dict.fromkeys(PARTIES, of_party), "Opportunity": of_deal}
    return [Shape(name, entity, tuple(fields[name])) for name, entity in ENTITIES.items()]


def _field(name: str, said: Row) -> ShapeField:
    choices = said.get("selection")
    allowed = tuple(str(one[0]) for one in choices if one[0]) if isinstance(choices, list) else ()
    written = name in MECHANISMS or name == "state" or (not said["readonly"] and name != "code")
    return ShapeField(
        name=name,
        type=str(said["type"]),
        writable=written,
        required=bool(said["required"]) and name != "code",
        max_length=said["size"] if isinstance(said.get("size"), int) else None,
        filled=bool(said["required"]),  # by a default of Tryton's own, of which it does not tell
        allowed=tuple(state for state in allowed if state in BUTTONS) if name == "state" else allowed,
    )

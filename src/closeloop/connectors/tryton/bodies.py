"""A command becomes the values that Tryton wants: mechanisms, addresses and relations inside their party."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from closeloop.connectors.tryton.answers import id_of
from closeloop.connectors.tryton.ground import Ground
from closeloop.connectors.tryton.judging import Refused
from closeloop.connectors.tryton.names import BUTTONS, DEAL_FIELDS, HANDED_OVER, MECHANISMS, PARTY_FIELDS
from closeloop.connectors.tryton.records import employer, mechanisms
from closeloop.connectors.tryton.tagged import Row, Values, written
from closeloop.ports import HANDOVER, Command, Ref, Value

_OURS = HANDOVER | {"done"}


@dataclass(frozen=True, slots=True)
class Looked:
    """Ids that values of commands were looked up as: code of a country or currency, person → first mechanism."""

    countries: Mapping[str, int] = field(default_factory=dict)
    currencies: Mapping[str, int] = field(default_factory=dict)
    mechanisms: Mapping[int, int] = field(default_factory=dict)


def party_values(command: Command, row: Row | None, ground: Ground, looked: Looked) -> Values:
    """The values of a party; `row` is what it holds, None for one that is to be made.

    Raises:
        Refused: a field that there is not, or a value that none of its kind can be.
    """
    extra = {name for name in ground.party_read if "." not in name} - {"code", "active", "categories"}
    values: Values = {}
    reach: list[object] = []
    for name, value in command.fields.items():
        if name in MECHANISMS:
            reach += _mechanism(name, str(value or ""), row)
        elif name == "country":
            values |= _address(value, row, looked.countries)
        elif name in extra:
            values[name] = value
        elif name not in _OURS:
            raise _no_field(command, name, (*PARTY_FIELDS, *sorted(extra - {"name"})))
    if reach:
        values["contact_mechanisms"] = reach
    if (account := command.refs.get("account")) and command.object != "Account":
        values |= _relation(id_of(account), row, ground)
    return values


def deal_values(command: Command, looked: Looked, extra: Sequence[str]) -> Values:
    """The values of an opportunity, its state left out. Raises like `party_values`."""
    values: Values = {}
    for name, value in command.fields.items():
        theirs = HANDED_OVER.get(name, name)
        if theirs in DEAL_FIELDS:
            if theirs != "state":
                values[theirs] = _deal_value(theirs, value, looked)
        elif theirs in extra:
            values[theirs] = value
        elif name not in _OURS:
            raise _no_field(command, name, (*DEAL_FIELDS, *extra))
    return values | _deal_refs(command.refs, looked)


def lead_values(command: Command) -> Values:
    """The values of the opportunity that makes a party a lead: its owner, and what was handed over."""
    handed = {"company": command.fields.get("company"), "product": command.fields.get("product")}
    values: Values = {}
    if "packet" in command.fields:
        values["comment"] = command.fields["packet"]
    if subject := command.fields.get("subject") or " – ".join(str(part) for part in handed.values() if part):
        values["description"] = subject
    if owner := command.refs.get("owner"):
        values["employee"] = id_of(owner)
    return values


def wanted_state(command: Command) -> str | None:
    """The state to which an opportunity is to go. Raises Refused for one that has no button."""
    state = command.fields.get("state")
    if state is None:
        return None
    if state not in BUTTONS:
        why = "a sale makes it converted, and won" if state in ("converted", "won") else "there is no such state"
        raise Refused(f"{command.object}.state cannot be set to {state!r}: {why}; valid is {', '.join(BUTTONS)}")
    return str(state)


def _mechanism(kind: str, value: str, row: Row | None) -> list[object]:
    there = mechanisms(row, kind) if row else []
    if not there:
        return [["create", [{"type": kind, "value": value}]]] if value else []
    if not value:
        return [["delete", [there[0]["id"]]]]
    return [] if there[0]["value"] == value else [["write", [there[0]["id"]], {"value": value}]]


def _address(value: Value, row: Row | None, countries: Mapping[str, int]) -> Values:
    country = _looked_up("country", value, countries)
    there = row["addresses."] if row else ()
    if there:
        return {"addresses": [["write", [there[0]["id"]], {"country": country}]]}
    return {"addresses": [["create", [{"country": country}]]]} if country else {}


def _relation(account: int, row: Row | None, ground: Ground) -> Values:
    if ground.works_for is None:
        how = "install the module party_relationship and make the kind of relation, or name yours in the settings"
        raise Refused(f"tryton has no kind of relation for working at a company: {how} (works_for)")
    there = employer(row, ground) if row else None
    if there is None:
        return {"relations": [["create", [{"to": account, "type": ground.works_for}]]]}
    return {} if there["to"] == account else {"relations": [["write", [there["id"]], {"to": account}]]}


def _deal_value(name: str, value: Value, looked: Looked) -> object:
    if name == "currency":
        return _looked_up("currency", value, looked.currencies)
    if value is None or value == "" or name not in _KINDS:
        return value or None
    read, valid = _KINDS[name]
    try:
        return written(read(str(value)))
    except (ValueError, InvalidOperation):
        raise Refused(f"Opportunity.{name} cannot be {value!r}: valid is {valid}") from None


def _deal_refs(refs: Mapping[str, Ref], looked: Looked) -> Values:
    values: Values = {}
    person, account = refs.get("person"), refs.get("account")
    if party := account or person:
        values["party"] = id_of(party)
    if person and account and (mechanism := looked.mechanisms.get(id_of(person))):
        values["contact"] = mechanism
    if owner := refs.get("owner"):
        values["employee"] = id_of(owner)
    return values


def _looked_up(what: str, value: Value, ids: Mapping[str, int]) -> int | None:
    if not value:
        return None
    if str(value).upper() not in ids:
        raise Refused(f"tryton has no {what} with the code {value!r}: add it there, or take it out of what is written")
    return ids[str(value).upper()]


def _decimal(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(text)
    return amount


def _no_field(command: Command, name: str, valid: Sequence[str]) -> Refused:
    return Refused(f"{command.object} has no field {name!r} that can be written; valid is {', '.join(valid)}")


_KINDS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "amount": (_decimal, "a number with a dot, such as 48000.50"),
    "conversion_probability": (lambda text: float(_decimal(text)), "a number from 0 to 1"),
    "start_date": (date.fromisoformat, "a date such as 2026-09-01"),
    "end_date": (date.fromisoformat, "a date such as 2026-09-01"),
    "employee": (int, "the id of an employee of the company"),
}

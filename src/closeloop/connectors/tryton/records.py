"""Rows of Tryton become records: person or company, lead or not, whom they point to, what they turned into.

A party with the category for persons is a person, any other a company. A person is a Lead while every opportunity made
for it as a lead is still one; when a seller moves it on, it becomes a Contact under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from closeloop.connectors.tryton.ground import Ground
from closeloop.connectors.tryton.names import (
    CLOSED,
    DEAL_READ,
    ENTITIES,
    KEY,
    LEAD_KEY,
    MECHANISMS,
    OFF,
    PARTY_READ,
    RELATION_READ,
    USER,
)
from closeloop.connectors.tryton.tagged import Json, Row, plain
from closeloop.ports import Record, Ref, Value

_OPEN = "lead"


def party_objects(row: Row, deals: Sequence[Row], ground: Ground) -> tuple[str, ...]:
    """The objects as which a party is told. One that was merged away is told as all that it may have been known as."""
    if ground.person not in row["categories"]:
        return ("Account",)
    if row.get("replaced_by.") or has_moved_on(deals):
        return ("Lead", "Contact")
    return ("Lead",) if deals else ("Contact",)


def has_moved_on(deals: Sequence[Row]) -> bool:
    """Whether somebody who was a lead is one no more."""
    return any(not is_open_lead(deal) for deal in deals)


def is_open_lead(deal: Row) -> bool:
    """Whether an opportunity only says that its party is a lead, be it one that the hub called off."""
    called_off = deal["state"] == "cancelled" and not (deal.get("party.") or {}).get("active")
    return is_lead_deal(deal) and (deal["state"] == _OPEN or called_off)


def is_lead_deal(deal: Row) -> bool:
    """Whether an opportunity was made for a lead."""
    return str(deal.get("reference") or "").startswith(LEAD_KEY)


def party_record(object_name: str, row: Row, deals: Sequence[Row], ground: Ground, survivor: str) -> Record:
    """One party as a record.

    Args:
        object_name: as which it is told, one of `party_objects`.
        row: with the fields of `Ground.party_read`.
        deals: the opportunities made for it as a lead, the oldest first.
        ground: of the installation.
        survivor: the object of the party that replaced it, if one did.
    """
    fields: dict[str, Value] = {name: plain(row.get(name)) for name in ("name", "code", *_extra(ground))}
    fields |= {kind: next((plain(one["value"]) for one in mechanisms(row, kind)), None) for kind in MECHANISMS}
    fields["country"] = next((country["code"] for country in _countries(row)), None)
    refs: dict[str, Ref] = {}
    relation = employer(row, ground)
    if relation is not None and object_name != "Account":
        refs["account"] = Ref("Account", str(relation["to"]))
    became: tuple[Ref, ...] = ()
    if row.get("replaced_by."):
        became = (Ref(survivor, str(row["replaced_by."]["id"])),)
    elif object_name == "Lead" and deals:
        fields["state"] = deals[0]["state"]
        fields["employee"] = str(deals[0]["employee"]) if deals[0]["employee"] else None
        if fields["employee"]:
            refs["owner"] = Ref(USER, str(fields["employee"]))
        if has_moved_on(deals):
            became = (Ref("Contact", str(row["id"])), *(Ref("Opportunity", str(deal["id"])) for deal in deals))
    changed = [*_changes(row), *(deal["last_modified_at"] for deal in deals if object_name == "Lead")]
    return Record(
        object=object_name,
        id=str(row["id"]),
        entity=ENTITIES[object_name],
        changed_at=max(changed),
        fields=fields,
        refs=refs,
        our_key=our_key(row),
        became=became,
        active=bool(row["active"]),
    )


def deal_record(row: Row, ground: Ground) -> Record:
    """One opportunity as a record; `row` has the fields of `DEAL_READ` and further ones."""
    nested = {name.partition(".")[0] for name in DEAL_READ if "." in name}
    left_out = nested | {"id", "_timestamp", "last_modified_at", "reference"}
    fields: dict[str, Value] = {
        name: plain(value) for name, value in row.items() if name not in left_out and not name.endswith(".")
    }
    fields["employee"] = str(row["employee"]) if row["employee"] else None
    fields["currency"] = (row.get("currency.") or {}).get("code")
    fields |= {"is_won": row["state"] == "won", "is_closed": row["state"] in CLOSED}
    refs = {"owner": Ref(USER, str(row["employee"]))} if row["employee"] else {}
    for party in (row.get("party."), (row.get("contact.") or {}).get("party.")):
        if party:
            is_person = ground.person in party["categories"]
            name, object_name = ("person", "Contact") if is_person else ("account", "Account")
            refs.setdefault(name, Ref(object_name, str(party["id"])))
    key = str(row.get("reference") or "")
    return Record(
        object="Opportunity",
        id=str(row["id"]),
        entity="opportunity",
        changed_at=row["last_modified_at"],
        fields=fields,
        refs=refs,
        our_key=key.removeprefix(KEY) if key.startswith(KEY) else None,
        active=row["state"] not in OFF,
    )


def our_key(row: Row) -> str | None:
    """The key that a party has of us."""
    codes = (str(one["code"]) for one in sorted(row["identifiers."], key=lambda one: int(one["id"])))
    return next((code.removeprefix(KEY) for code in codes if code.startswith(KEY)), None)


def mechanisms(row: Row, kind: str) -> list[Row]:
    """How a party is reached by one kind; the first is the one that Tryton shows."""
    return [one for one in row["contact_mechanisms."] if one["type"] == kind]


def employer(row: Row, ground: Ground) -> Row | None:
    """The relation to the company for which a person works now."""
    now = (one for one in row.get("relations.") or () if one["type"] == ground.works_for and one["active"])
    return min(now, key=lambda one: int(one["id"]), default=None)


def _extra(ground: Ground) -> tuple[str, ...]:
    known = {*PARTY_READ, *RELATION_READ}
    return tuple(name for name in ground.party_read if name not in known)


def _countries(row: Row) -> Iterator[Json]:
    return (one["country."] for one in row["addresses."] if one.get("country."))


def _changes(row: Row) -> Iterator[datetime]:
    """A party's own stamp does not move when its e-mail address or address does.

    Relations are left out: read from the party, each has the time of reading for its stamp.
    """
    yield row["last_modified_at"]
    for part in ("contact_mechanisms.", "addresses.", "identifiers."):
        yield from (one["last_modified_at"] for one in row[part])

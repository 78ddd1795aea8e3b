"""What the connector must know of an installation before it reads or writes: company, category, kind of relation."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.judging import Refused
from closeloop.connectors.tryton.names import PARTY_READ, RELATION_READ
from closeloop.words.errors import Permanent

LOOK_UPS = 4
"""Calls that the first use costs."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Ids in one installation.

    Attributes:
        person: of the category that tells a person from a company.
        works_for: of the kind of relation from a person to their company; None where there is none.
        related: whether the module party_relationship is there.
        party_read: fields to read of a party.
        companies: parties that the installation's own companies are.
    """

    person: int
    works_for: int | None
    related: bool
    party_read: tuple[str, ...]
    companies: frozenset[int]


class Grounds:
    """The ground, looked up once. `ready` says whether that was done.

    Args:
        client: to ask with; it is told the company.
        settings: `person_category` ("Person"), `works_for` ("Works for"), `company` (a name, by default the user's),
            `party_fields` (further fields of parties, comma-separated).
    """

    def __init__(self, client: Client, settings: Mapping[str, str]) -> None:
        self._client = client
        self._category = settings.get("person_category", "Person")
        self._works_for = settings.get("works_for", "Works for")
        self._company = settings.get("company", "")
        self._extra = listed(settings, "party_fields")
        self._found: Ground | None = None
        self._finding = threading.Lock()

    @property
    def ready(self) -> bool:
        return self._found is not None

    def get(self) -> Ground:
        """The ground. Raises Permanent where something must first be made or chosen in Tryton."""
        with self._finding:
            if self._found is None:
                self._found = self._find()
            return self._found

    def _find(self) -> Ground:
        self._client.company, companies = self._find_companies()
        named = [("name", "=", self._category)]
        category = self._client.ask("model.party.category.search_read", named, 0, 1, None, ["name"])
        if not category:
            how = "make it under Parties, Categories, and give it to every party that is a person"
            raise Permanent(f"tryton has no category of parties named {self._category!r}: {how}")
        related, works_for = self._find_relation()
        fields = (*PARTY_READ, *(RELATION_READ if related else ()), *self._extra)
        return Ground(int(category[0]["id"]), works_for, related, fields, companies)

    def _find_companies(self) -> tuple[int, frozenset[int]]:
        mine = self._client.ask("model.res.user.get_preferences", True).get("company")
        rows = self._client.ask("model.company.company.search_read", [], 0, None, None, ["party", "rec_name"])
        if self._company:
            chosen = [int(row["id"]) for row in rows if row["rec_name"] == self._company]
            there = ", ".join(sorted(str(row["rec_name"]) for row in rows)) or "none"
            if len(chosen) != 1:
                raise Permanent(f"tryton has no company {self._company!r} that the user may see; it shows {there}")
        elif mine is None:
            raise Permanent("tryton: the user belongs to no company; give it one under Administration, Users")
        else:
            chosen = [int(mine)]
        return chosen[0], frozenset(int(row["party"]) for row in rows)

    def _find_relation(self) -> tuple[bool, int | None]:
        named = [("name", "=", self._works_for)]
        try:
            found = self._client.ask("model.party.relation.type.search_read", named, 0, 1, None, ["name"])
        except Refused:  # without the module there is no such model
            return False, None
        return True, int(found[0]["id"]) if found else None


def listed(settings: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The names in a setting, which commas part."""
    return tuple(one.strip() for one in settings.get(name, "").split(",") if one.strip())

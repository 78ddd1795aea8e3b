"""Whom a scenario is about, and what has become of them: looked up in the hub's views and at the vendors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy

from closeloop.connectors.salesforce.simulator.fields import Row as Record
from closeloop.scenarios.world import World
from closeloop.words.errors import BadInput
from closeloop.words.moment import to_us
from closeloop.words.worktime import WorkCalendar

Row = sqlalchemy.Row[Any]
"""One row of a view, its columns as attributes."""
CRM_OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Task")
_PEOPLE = "SELECT person_id, tier, custody FROM v_people ORDER BY person_id"
_LEADS = "SELECT id, person_id, product, region, stage, status, owner, stage_at FROM v_leads ORDER BY stage_at, id"
_EVENTS = "SELECT lead_id, no, kind, stage, owner, why FROM v_lead_events WHERE at >= :at ORDER BY at, lead_id, no"


@dataclass(slots=True)
class Cast:
    """The people of one scenario; those who were there before it, and passers-by, are no part of it.

    Attributes:
        shift: how much later than its file says the scenario is played, in whole weeks.
        email, browser, product: of the person that the story follows; the product that was spoken of last.
        owner_before: of the lead, when the last act began; `act_at` is when that was.
        crm_before: records of people in the CRM when the stage was set.
    """

    world: World
    shift: timedelta
    others: set[str] = field(default_factory=set)
    records_of_others: set[str] = field(default_factory=set)
    email: str = ""
    name: str = ""
    company: str = ""
    browser: str = ""
    product: str = ""
    owner_before: str | None = None
    act_at: datetime | None = None
    crm_before: int = 0

    def passed_by(self) -> None:
        """Whoever is known by now is not of this story."""
        self.others = {row.person_id for row in self.ask(_PEOPLE)}
        self.records_of_others = {str(row["Id"]) for name in CRM_OBJECTS for row in self.world.crm.rows(name)}

    def people(self) -> Sequence[Row]:
        """The people of the story: person_id, tier, custody."""
        return [row for row in self.ask(_PEOPLE) if row.person_id not in self.others]

    def leads(self) -> Sequence[Row]:
        """Their leads, the one that moved last at the end."""
        ids = {row.person_id for row in self.people()}
        return [row for row in self.ask(_LEADS) if row.person_id in ids]

    def lead(self) -> Row:
        """The lead that the story speaks of: for its product, else the one that moved last.

        Raises:
            BadInput: there is none.
        """
        leads = self.leads()
        if not leads:
            raise BadInput("nobody in the story is a lead yet")
        return next((lead for lead in reversed(leads) if lead.product == self.product), leads[-1])

    def records(self, name: str) -> list[Record]:
        """The story's records of one kind in the CRM; a converted lead is none any more."""
        return [
            row
            for row in self.world.crm.rows(name)
            if row["Id"] not in self.records_of_others and not row.get("IsConverted")
        ]

    def record(self, *names: str) -> Record:
        """The newest record of the first of these kinds that there is.

        Raises:
            BadInput: there is none.
        """
        for name in names:
            if found := self.records(name):
                return found[-1]
        raise BadInput(f"the story has no {' or '.join(names)} in the CRM yet")

    def n_person_records(self) -> int:
        """How many records stand for the story's people and companies in the CRM."""
        return sum(len(self.records(name)) for name in ("Lead", "Contact", "Account"))

    def user(self, member: str | None) -> str:
        """A member's id in the CRM, in full length.

        Raises:
            BadInput: nobody of that name.
        """
        if member is None or member not in self.world.crm.users:
            raise BadInput(f"{member!r} is nobody in the team")
        return self.world.crm.users[member]

    def calendar(self) -> WorkCalendar:
        """When people work where the story plays: the lead's region, else the first of the process."""
        regions, leads = self.world.process.regions, self.leads()
        return regions[str(leads[-1].region)].calendar if leads else next(iter(regions.values())).calendar

    def events_since(self, at: datetime) -> Sequence[Row]:
        """What happened to the story's leads since `at`."""
        ids = {lead.id for lead in self.leads()}
        return [row for row in self.ask(_EVENTS, at=to_us(at)) if row.lead_id in ids]

    def ask(self, statement: str, **values: object) -> Sequence[Row]:
        """Rows of the hub's views."""
        with self.world.hub.database.read() as connection:
            return connection.execute(sqlalchemy.text(statement), values).all()

"""Joe of Acme and his leads, decided without a database: what was decided is remembered for the next decision."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from closeloop.inbox.nouns import Act, Click, Due, Message
from closeloop.lifecycle.decide import decide, hand_out, hand_over
from closeloop.lifecycle.nouns import ClockName, Deal, Intent, Lead, LeadEvent, ShownAs, Tier
from closeloop.lifecycle.owner import Desk
from closeloop.lifecycle.situation import Draft, Heard, Situation
from closeloop.ports import Entity, Record, Ref, Value
from closeloop.process.load import load
from closeloop.process.nouns import Process
from closeloop.profile.nouns import Touch
from closeloop.profile.scope import PersonScope
from support.road import START, b2b

JOE = "joe"
PROCESSES = Path(__file__).parents[2] / "processes"
ENTITIES: Mapping[str, Entity] = {"Lead": "person", "Contact": "person", "Opportunity": "opportunity"}
FIT: Mapping[str, object] = {"email": "joe@acme.example", "title": "CTO", "phone": "+49301234567", "fit": 20.0}


def b2b_with(folder: Path, *changes: tuple[str, str]) -> Process:
    """The process b2b with parts of its text changed."""
    shutil.copytree(PROCESSES, folder, dirs_exist_ok=True)
    text = (folder / "b2b.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "b2b.yaml").write_text(text, "utf-8")
    return load(folder / "b2b.yaml")


def seller(process: Process, name: str) -> str:
    """A team member's id in the CRM."""
    member = process.member(name)
    assert member is not None
    return member.user


class Pursuits:
    """One person before the lifecycle: `decide` answers with the draft, and what it says holds from then on.

    Attributes:
        names: what conditions see of the person; `interest` is per product.
        confirmed, deals, in_crm: what other rooms know.
    """

    def __init__(self, process: Process | None = None, now: datetime = START, country: str | None = "DE") -> None:
        self.process, self.now, self.country = process or b2b(), now, country
        self.names: dict[str, object] = dict(FIT)
        self.interest: dict[str, float] = {"robot": 55.0}
        self.confirmed: dict[str, datetime] = {}
        self.deals: list[Deal] = []
        self.in_crm: dict[str, list[str]] = {}
        self.account_owner: str | None = None
        self.desk = Desk()
        self.leads: dict[str, Lead] = {}
        self.shown: dict[str, list[ShownAs]] = {}
        self.clocks: dict[tuple[str, ClockName], datetime] = {}
        self.events: list[LeadEvent] = []
        self.tier: Tier | None = None
        self.last_acts: dict[str, datetime] = {}
        self._numbers = count(1)

    @property
    def lead(self) -> Lead:
        """The only lead."""
        (lead,) = self.leads.values()
        return lead

    def of(self, product: str) -> Lead:
        """The newest lead for a product."""
        return [lead for lead in self.leads.values() if lead.product == product][-1]

    def kinds(self) -> list[str]:
        """What happened, in order."""
        return [event.kind for event in self.events]

    def decide(
        self,
        *heard: Heard,
        clicks: Sequence[Click] = (),
        dues: Sequence[Due] = (),
        touches: Sequence[Touch] = (),
    ) -> Draft:
        """Decide with all that is known, and remember what was decided."""
        for touch in touches:
            if touch.seller is None:
                self.last_acts[touch.kind] = touch.at
        draft = decide(self._situation(heard, clicks, dues, touches), self.process, self.now)
        hand_over(draft, sorted(touches, key=lambda touch: touch.at, reverse=True), lambda _: dict(self.names))
        hand_out(draft, self.desk)
        self._remember(draft)
        return draft

    def wait(self, **span: float) -> None:
        """Time passes, and nobody looks."""
        self.now += timedelta(**span)

    def run_out(self, clock: ClockName = "respond") -> Draft:
        """Wait until that clock of the only lead runs out, and decide what follows."""
        at = self.clocks[self.lead.id, clock]
        self.now = max(self.now, at)
        return self.decide(dues=[Due(self.lead.id, clock, at)])

    def click(self, choice: str, by: str = "sato") -> Draft:
        """Somebody chooses an outcome of the only lead on the console."""
        return self.decide(clicks=[Click("outcome", self.lead.id, choice, by)])

    def answers(self) -> None:
        """The CRM made what it was asked to make."""
        for lead_id, shown in self.shown.items():
            made = [
                ShownAs(each.lead_id, each.object, each.our_key, each.record_id or self._new_id(each)) for each in shown
            ]
            self.shown[lead_id] = made
            for each in made:
                if each.object == "Lead" and "Contact" not in self.in_crm:
                    self.in_crm["Lead"] = [each.record_id or ""]

    def heard(self, name: str, *, first: bool = False, seller: str | None = None, **fields: Value) -> Heard:
        """A seller changed these fields of what the lead is in the CRM, or made something new there."""
        shown = [each for found in self.shown.values() for each in found if each.object == name]
        record_id = shown[0].record_id if shown and shown[0].record_id else f"{name}-of-the-crm"
        our_key = shown[0].our_key if shown else None
        entity: Entity = ENTITIES.get(name, "task")
        refs = {"owner": Ref("User", seller)} if seller else {}
        touch = "call.logged" if seller else None
        record = Record(name, record_id, entity, self.now, fields, refs, touch, our_key)
        return self.told(record, first=first, news=frozenset(fields))

    def told(self, record: Record, *, first: bool = False, news: Iterable[str] | None = None) -> Heard:
        """What a reading of the CRM tells."""
        owner = record.refs.get("owner")
        by = owner.id if owner and record.entity == "task" else None
        act = Act(record.touch, {}, by) if record.touch else None
        n = next(self._numbers)
        message = Message(
            f"crm:{n}", "crm", f"r{n}", 0, "record", record.changed_at, self.now, act=act, record=record
        )  # fmt: skip
        return Heard(message, record.fields, frozenset(record.fields if news is None else news), by, first)

    def touch(
        self, kind: str = "form.submitted", *, campaign: str | None = None, product: str | None = "robot"
    ) -> Touch:
        """Joe does something."""
        n = next(self._numbers)
        return Touch(
            f"form:{n}", JOE, None, True, kind, self.now, "form", campaign, product, None, None, None, None, {}
        )  # fmt: skip

    def _situation(
        self, heard: Sequence[Heard], clicks: Sequence[Click], dues: Sequence[Due], touches: Sequence[Touch]
    ) -> Situation:
        region = self.process.region_of(self.country)
        records = [
            {"open": deal.open, "won": deal.won, "amount": deal.amount, "product": deal.product, "region": deal.region}
            for deal in self.deals
        ]
        names = {**self.names, "country": self.country, "region": region.name if region else None}
        scope = PersonScope(self.now, names, {"opportunity": records}, self.confirmed)

        def asks(product: str) -> PersonScope:
            return scope.with_names(product=product, interest=self.interest.get(product, 0.0))

        n = next(self._numbers)
        return Situation(
            JOE, f"m:{n}", asks, list(self.interest), self.country, list(self.leads.values()), self.shown, self.deals,
            self.in_crm, self.tier, self.account_owner, heard, [(f"m:{n}", click) for click in clicks],
            [(f"m:{n}", due) for due in dues], touches, dict(self.last_acts), dict(self.confirmed),
        )  # fmt: skip

    def _remember(self, draft: Draft) -> None:
        self.leads, self.shown = dict(draft.leads), draft.shown
        self.events += draft.events
        self.tier = draft.tier or self.tier
        self.confirmed |= dict.fromkeys((each.field for each in draft.confirmed), draft.now)
        for key, setting in draft.clocks.items():
            self.clocks.pop(key, None)
            if setting.due_at is not None:
                self.clocks[key] = setting.due_at

    def _new_id(self, shown: ShownAs) -> str:
        return f"{shown.object}-{next(self._numbers)}"


def at_telemarketing(process: Process | None = None, now: datetime = START) -> Pursuits:
    """Joe has passed the gate for robots, and the CRM has made his record."""
    joe = Pursuits(process, now)
    joe.decide(touches=[joe.touch(campaign="spring-webinar")])
    joe.answers()
    return joe


def at_inside_sales(process: Process | None = None, now: datetime = START) -> Pursuits:
    """And is qualified."""
    joe = at_telemarketing(process, now)
    joe.click("qualified", by=joe.lead.owner or "")
    return joe


def at_field(process: Process | None = None, now: datetime = START, owner: str = "rep-field-robot") -> Pursuits:
    """And was converted into a contact with a deal of this seller's."""
    joe = at_inside_sales(process, now)
    user = seller(joe.process, owner)
    joe.deals = [
        Deal(
            "deal",
            open=True,
            won=False,
            stage="Prospecting",
            amount=None,
            product=None,
            region=None,
            owner=user,
            record_id="006",
        )
    ]
    joe.in_crm = {"Contact": ["003"], "Lead": joe.in_crm["Lead"]}
    lead = joe.heard("Lead", IsConverted=True).message.record
    assert lead is not None
    became = (Ref("Contact", "003"), Ref("Account", "001"), Ref("Opportunity", "006"))
    converted = Record("Lead", lead.id, "person", joe.now, lead.fields, our_key=lead.our_key, became=became)
    joe.decide(joe.told(converted))
    return joe


def intents(draft: Draft, *kinds: type[Intent]) -> list[Intent]:
    """What is to be done outside, of these kinds."""
    return [intent for intent in draft.settled_intents() if isinstance(intent, kinds)]

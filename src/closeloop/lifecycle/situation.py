"""What is known about one person when their leads are decided, and the draft in which decisions are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from closeloop.inbox.nouns import Click, Due, Message
from closeloop.lifecycle.nouns import (
    ClockName,
    ClockSet,
    Confirmed,
    Deal,
    EventKind,
    Intent,
    Lead,
    LeadEvent,
    Packet,
    ShownAs,
    Tell,
    Tier,
    Verdict,
)
from closeloop.ports import Value
from closeloop.process.nouns import Process, Stage
from closeloop.profile.nouns import Touch
from closeloop.rules import Scope


@dataclass(frozen=True, slots=True)
class Heard:
    """A record or row that concerns this person: its fields as they stand, and those that are news."""

    message: Message
    fields: Mapping[str, Value]
    news: frozenset[str]
    seller: str | None
    """The CRM user who did it, for a logged call or task."""
    is_first: bool = False
    """Whether the record was never read before: it then says how it was made, and not what somebody changed."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a decision about one person may look at.

    Attributes:
        person_id: the root.
        cause: id of the newest message that made us look.
        asks: product → conditions' view of this person for a pursuit of that product.
        products: products that this person has shown interest in.
        in_crm: ids of the person's records in the CRM by object ("Contact", "Lead"), the newest first.
        made_in_crm: whether the CRM answered just now that it has made one of them.
        last_acts: touch kind → when it last happened; only loaded where a lead waits for new interest.
        confirmed: fields whose present value somebody confirmed, with the moment when they last did.
        touches: what the person did in this batch.
    """

    person_id: str
    cause: str
    asks: Callable[[str], Scope]
    products: Sequence[str]
    country: str | None
    leads: Sequence[Lead]
    shown: Mapping[str, Sequence[ShownAs]]
    deals: Sequence[Deal]
    in_crm: Mapping[str, Sequence[str]]
    tier: Tier | None
    account_owner: str | None = None
    """Id in the CRM of the user who owns the person's account."""
    heard: Sequence[Heard] = ()
    clicks: Sequence[tuple[str, Click]] = ()
    dues: Sequence[tuple[str, Due]] = ()
    touches: Sequence[Touch] = ()
    last_acts: Mapping[str, datetime] = field(default_factory=dict)
    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    made_in_crm: bool = False


class Draft:
    """Decisions about one person as they are made; a lead changes only through `note`, which writes the event."""

    def __init__(self, situation: Situation, process: Process, now: datetime) -> None:
        self.situation, self.process, self.now = situation, process, now
        self.leads = {lead.id: lead for lead in situation.leads}
        self.shown = {lead_id: list(shown) for lead_id, shown in situation.shown.items()}
        self.events: list[LeadEvent] = []
        self.clocks: dict[tuple[str, ClockName], ClockSet] = {}
        self.intents: list[Intent] = []
        self.verdicts: list[Verdict] = []
        self.packets: list[Packet] = []
        self.shown_now: list[ShownAs] = []
        self.confirmed: list[Confirmed] = []
        self.wants_owner: dict[str, bool] = {}
        """Lead → whether its previous owners are out of the question."""
        self.wants_packet: list[str] = []
        self.refused: dict[str, str] = {}
        """Message → why what it asked for was not done."""
        self.tier: Tier | None = None

    def note(
        self,
        lead: Lead,
        kind: EventKind,
        why: str,
        message_id: str,
        *,
        choice: str | None = None,
        who: str | None = None,
    ) -> Lead:
        """Write down that `lead` became what it is now; returns it with its event counted."""
        lead = replace(lead, n_events=lead.n_events + 1)
        self.leads[lead.id] = lead
        self.events.append(
            LeadEvent(
                lead.id,
                lead.n_events,
                self.now,
                kind,
                lead.stage,
                lead.owner,
                choice,
                lead.cycle,
                who or self.process.signed,
                why,
                message_id,
            )
        )
        return lead

    def clock(self, lead_id: str, name: ClockName, due_at: datetime | None) -> None:
        """Set a clock, or stop it with None."""
        self.clocks[lead_id, name] = ClockSet(lead_id, name, due_at)

    def stop_clocks(self, lead_id: str) -> None:
        """Nothing more is awaited of this lead."""
        for name in ("respond", "remind", "wake", "assign"):
            self.clock(lead_id, name, None)

    def show(self, shown: ShownAs) -> None:
        """Remember what the lead is in the CRM."""
        kept = [each for each in self.shown.get(shown.lead_id, []) if each.object != shown.object]
        self.shown[shown.lead_id] = [*kept, shown]
        self.shown_now.append(shown)

    def acts(self, product: str) -> list[Touch]:
        """What the person did just now that counts as interest in a product."""
        counted = {line.on for line in self.process.interest}
        return [
            touch
            for touch in self.situation.touches
            if touch.seller is None and touch.kind in counted and touch.product in (None, product)
        ]

    def stage(self, lead: Lead) -> Stage:
        """The stage that the lead is in."""
        return self.process.stages[lead.stage]

    def rule(self, *keys: str) -> str:
        """The place of a rule for an explanation: "b2b@7 stages.field.if_late"."""
        return f"{self.process.signed} {'.'.join(keys)}"

    def settled_intents(self) -> list[Intent]:
        """What is to be done outside, for each lead as it finally is; marketing is told once, with the last outcome."""
        told: dict[str, Tell] = {}
        rest: list[Intent] = []
        for noted in self.intents:
            intent = replace(noted, lead=self.leads[noted.lead.id])
            if isinstance(intent, Tell):
                earlier = told.get(intent.lead.id)
                told[intent.lead.id] = replace(intent, outcome=intent.outcome or (earlier.outcome if earlier else None))
            elif intent not in rest:
                rest.append(intent)
        return [*rest, *told.values()]

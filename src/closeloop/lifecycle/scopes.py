"""How conditions see a lead: the person's names, and the lead's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from closeloop.lifecycle.nouns import Lead
from closeloop.rules import Scope


@dataclass(frozen=True, slots=True)
class LeadScope:
    """`amount`, `reason` and kinds of touches (one came since it was closed or moved) before the person's names.

    Attributes:
        confirmed: field → when it was last confirmed; what was confirmed before the lead was closed is then no reason
            to bring it back. None: whenever it was confirmed, it is.
    """

    person: Scope
    lead: Lead
    last_acts: Mapping[str, datetime]
    confirmed: Mapping[str, datetime] | None = None

    @property
    def now(self) -> datetime:
        return self.person.now

    def get(self, name: str) -> object | None:
        if name == "amount":
            return self.lead.amount
        if name == "reason":
            return self.lead.reason
        if "." in name:
            since = self.lead.closed_at or self.lead.stage_at
            return name in self.last_acts and self.last_acts[name] > since
        return self.person.get(name)

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        return self.person.related(entity)

    def verified(self, name: str) -> bool:
        closed_at = self.lead.closed_at
        if self.confirmed is None or closed_at is None:
            return self.person.verified(name)
        return name in self.confirmed and self.confirmed[name] > closed_at

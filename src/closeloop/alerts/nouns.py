"""A seller hears of what somebody did: the frozen value of one alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from closeloop.process.nouns import Member


@dataclass(frozen=True, slots=True)
class Alert:
    """One mail to one member about one touch. `id` is rule, touch and member: nothing is told twice.

    Attributes:
        at: when it was decided.
        due_at: the agreed moment: the touch's, and the rule's `within` after it.
    """

    id: str
    rule: str
    person_id: str
    touch_id: str
    member: Member
    at: datetime
    due_at: datetime
    subject: str
    text: str
    why: str

"""What somebody did, in few lines, for the packet that goes to a seller. The same touches give the same text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from closeloop.profile.nouns import Touch

_TOPICS = 3
_LAST = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """The acts of one person; those of sellers are counted apart.

    Attributes:
        n: acts of the person.
        by_kind, topics: with their counts, the most frequent first; at most three topics.
        campaigns: in the order of their first touch.
        last: the latest five acts, newest first.
        n_by_sellers: calls and the like by ours.
    """

    n: int
    by_kind: tuple[tuple[str, int], ...]
    first_at: datetime | None
    last_at: datetime | None
    topics: tuple[tuple[str, int], ...]
    campaigns: tuple[str, ...]
    last: tuple[Touch, ...]
    n_by_sellers: int

    @property
    def lines(self) -> tuple[str, ...]:
        """In words, a line each."""
        if not self.n or self.first_at is None or self.last_at is None:
            return ("No act of this person is known.",)
        counts = ", ".join(f"{kind} ×{n}" for kind, n in self.by_kind)
        said = [f"{self.n} acts from {_day(self.first_at)} to {_day(self.last_at)}: {counts}."]
        if self.topics:
            said.append(f"Topics: {', '.join(f'{topic} ×{n}' for topic, n in self.topics)}.")
        if self.campaigns:
            said.append(f"Campaigns: {', '.join(self.campaigns)}.")
        said += [f"{touch.at:%Y-%m-%d %H:%M} UTC {_act(touch)}" for touch in self.last]
        return tuple(said)


def summarise(touches: Iterable[Touch]) -> Summary:
    """The summary of touches in any order."""
    ordered = sorted(touches, key=lambda touch: (touch.at, touch.id))
    acts = [touch for touch in ordered if touch.seller is None]
    return Summary(
        n=len(acts),
        by_kind=_counted(touch.kind for touch in acts),
        first_at=acts[0].at if acts else None,
        last_at=acts[-1].at if acts else None,
        topics=_counted(touch.topic for touch in acts if touch.topic)[:_TOPICS],
        campaigns=tuple(dict.fromkeys(touch.campaign for touch in acts if touch.campaign)),
        last=tuple(reversed(acts[-_LAST:])),
        n_by_sellers=len(ordered) - len(acts),
    )


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda counted: (-counted[1], counted[0])))


def _act(touch: Touch) -> str:
    said = touch.kind
    if what := touch.url or touch.topic or touch.product:
        said += f" {what}"
    return f"{said} ({touch.campaign})" if touch.campaign else said


def _day(at: datetime) -> str:
    return at.date().isoformat()

"""Whose is an anonymous touch? The same answer in whatever order touches and identifications arrived."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from closeloop.profile.nouns import Touch

Visits = Sequence[tuple[datetime, str]]
"""When who was identified on one visitor's browser: (time, own entity of the person), in any order."""


def person_at(visits: Visits, at: datetime) -> str | None:
    """The person to whom an anonymous act at `at` belongs.

    The one identified last at or before it, else the first one after it (who came anonymously before signing in);
    of two at the same moment the greater id. None when nobody was ever identified there.
    """
    if not visits:
        return None
    known = sorted(visits)
    before = bisect_right(known, at, key=lambda visit: visit[0])
    if before:
        return known[before - 1][1]
    first = known[0][0]
    return max(person for moment, person in known if moment == first)


def attribute(touches: Iterable[Touch], visits: Mapping[str, Visits]) -> list[Touch]:
    """The touches whose person is another one now, each with its person as it should be.

    Args:
        touches: of any kind; those that name their person themselves, and those without a visitor, stay as they are.
        visits: visitor → all identifications there. A visitor that is absent has none.

    Whoever had or gets one of them needs their sums made anew: `people_of(before) | people_of(after)`.
    """
    moved = []
    for touch in touches:
        if touch.identified or touch.visitor is None:
            continue
        person_id = person_at(visits.get(touch.visitor, ()), touch.at)
        if person_id != touch.person_id:
            moved.append(touch._replace(person_id=person_id))
    return moved


def people_of(touches: Iterable[Touch]) -> set[str]:
    """The people (own entities) that the touches belong to."""
    return {touch.person_id for touch in touches if touch.person_id is not None}

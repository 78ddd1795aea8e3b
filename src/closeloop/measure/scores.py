"""Why somebody is interesting: each scoring line that counts now, as the profile's own rules read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.stored import value_of
from closeloop.process.nouns import Process
from closeloop.profile.nouns import Score, ScoreSum
from closeloop.profile.scope import person_scope
from closeloop.profile.score import fit, interest
from closeloop.record.nouns import Winner
from closeloop.words.moment import from_us

_SUMS = text("SELECT product, line, points, at, n FROM v_score_sums WHERE person_id = :person")
_WINNERS = text(
    "SELECT of_kind, field, value, given, valid, path, at, message_id, why FROM v_believed WHERE entity_id = :person"
)


@dataclass(frozen=True, slots=True)
class ScoreStory:
    """One score of one person with its reasons; `product` is "" for fit, which is the same for every product."""

    kind: str
    product: str
    score: Score


def score_stories(connection: Connection, process: Process, person_id: str, now: datetime) -> tuple[ScoreStory, ...]:
    """Fit, and the interest in each product, of one resolved person at `now`."""
    sums = [
        ScoreSum(person_id, line.product, line.line, line.points, from_us(line.at), line.n)
        for line in connection.execute(_SUMS, {"person": person_id})
    ]
    interests = (ScoreStory("interest", product, interest(sums, product, now, process)) for product in process.products)
    return (_fit(connection, process, person_id, now), *(story for story in interests if story.score.reasons))


def _fit(connection: Connection, process: Process, person_id: str, now: datetime) -> ScoreStory:
    winners: dict[str, dict[str, Winner]] = {"person": {}, "account": {}}
    for line in connection.execute(_WINNERS, {"person": person_id}):
        value, given = value_of(line.value), value_of(line.given)
        if isinstance(value, str | int | float | bool) and isinstance(given, str | int | float | bool):
            winners.setdefault(line.of_kind, {})[line.field] = Winner(
                line.field, value, given, bool(line.valid), line.path, from_us(line.at), line.message_id, line.why
            )
    return ScoreStory("fit", "", fit(person_scope(now, process, winners["person"], winners["account"]), process))

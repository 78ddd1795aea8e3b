"""Why somebody is interesting: each scoring line that counts now, as the profile's own rules read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.own_records import related_winners
from closeloop.measure.stored import winner_of
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.profile.nouns import Score, ScoreSum
from closeloop.profile.scope import person_scope
from closeloop.profile.score import fit, interest
from closeloop.record.nouns import Winner
from closeloop.rules.rule import walk
from closeloop.rules.tree import Exists
from closeloop.words.moment import from_us

_SUMS = text("SELECT product, line, points, at, n FROM v_score_sums WHERE person_id = :person")
_WINNERS = text(
    "SELECT of_kind, field, value, given, valid, path, at, message_id, why FROM v_believed "
    "WHERE entity_id = :person AND value <> '\"\"'"
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
        if (winner := winner_of(line)) is not None:
            winners.setdefault(line.of_kind, {})[winner.field] = winner
    related = related_winners(connection, process, person_id) if _asks_for_related(process) else {}
    scope = person_scope(now, process, winners["person"], winners["account"], related=related)
    return ScoreStory("fit", "", fit(scope, process))


@once_per_process
def _asks_for_related(process: Process) -> bool:
    return any(isinstance(node, Exists) for line in process.fit if line.when for node in walk(line.when.tree))

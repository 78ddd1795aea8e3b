"""What a hub holds for true, in terms that do not depend on the order in which it was told: for comparing two hubs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from closeloop.db import Database
from support.road import query

Who = frozenset[str]
"""Somebody or something by the keys that it holds, since ids come from what was heard first."""
HALF_LIVES = {"interest[0]": 30, "interest[1]": 14, "interest[2]": 14, "interest[3]": 60, "interest[4]": 60}
"""Scoring line → half-life in days, as in processes/b2b.yaml."""
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Facts:
    """One hub's facts; `scores` are compared within 1e-6, all else exactly."""

    everybody: frozenset[Who]
    winners: Mapping[tuple[Who, str], tuple[object, ...]]
    touches: Mapping[str, Who | None]
    scores: Mapping[tuple[Who, str, str], tuple[float, int]]
    leads: Mapping[tuple[Who, str, str], int]

    def differences(self, other: Facts) -> list[str]:
        """What is not the same, in words."""
        found = [f"known here or there only: {sorted(who)}" for who in self.everybody ^ other.everybody]
        for name in ("winners", "touches", "leads"):
            here, there = getattr(self, name), getattr(other, name)
            found += [
                f"{name} {key}: {here.get(key)} and {there.get(key)}"
                for key in {**here, **there}
                if here.get(key) != there.get(key)
            ]
        nothing = (0.0, 0)
        for key in {**self.scores, **other.scores}:
            (points, n), (others, n_others) = self.scores.get(key, nothing), other.scores.get(key, nothing)
            if n != n_others or abs(points - others) > 1e-6:
                found.append(f"score {key}: {points} of {n} and {others} of {n_others}")
        return found


def facts_of(database: Database, at_us: int) -> Facts:
    """What this hub holds; scores as they are worth at `at_us`."""
    roots = {row[0]: row[1] for row in query(database, "select id, root_id from entities")}
    keys: dict[object, set[str]] = {root: set() for root in roots.values()}
    for entity, kind, value in query(database, "select entity_id, kind, value from keys"):
        keys[roots[entity]].add(f"{kind}:{value}")
    who = {entity: frozenset(keys[root]) for entity, root in roots.items()}
    winners = {
        (who[entity], str(field)): (_named(value, who), path)
        for entity, field, value, path in query(database, "select entity_id, field, value, path from winners")
    }
    touches = {
        str(id_): who[person] if person else None
        for id_, person in query(database, "select id, person_id from touches")
    }
    scores: dict[tuple[Who, str, str], tuple[float, int]] = {}
    for person, product, line, points, at, n in query(
        database, "select person_id, product, line, points, at, n from sums"
    ):
        key = (who[person], str(product), str(line))
        now = float(str(points)) * 2 ** ((int(str(at)) - at_us) / (HALF_LIVES[str(line)] * _DAY))
        before = scores.get(key, (0.0, 0))
        scores[key] = before[0] + now, before[1] + int(str(n))
    leads: dict[tuple[Who, str, str], int] = {}
    for person, product, region in query(database, "select person_id, product, region from leads"):
        pursuit = (who[person], str(product), str(region))
        leads[pursuit] = leads.get(pursuit, 0) + 1
    return Facts(frozenset(who.values()), winners, touches, scores, leads)


def _named(value: object, who: Mapping[object, Who]) -> object:
    """A relation's value is the id of what it points to."""
    return who.get(str(value).strip('"'), value)

"""The gate and the fit lines asked of a whole part of the base at once: staged from the tables, answered by SQL.

What only Python can tell is told while staging: how interest has faded, whether an address is valid. Whoever holds
something that SQL would not see as a condition does is left, with the reason, to be asked as the road asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.process.nouns import Process
from closeloop.profile.nouns import ScoreSum
from closeloop.profile.score import interest_points
from closeloop.profile.store.asking import Asking
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us


@dataclass(slots=True)
class Asked:
    """What conditions answer for the people of a part.

    Attributes:
        fit: root → points.
        interest: root → product → points, for the products of which the gate is asked.
        passed: root → products for which the gate says yes.
        left: roots that are to be asked one by one.
        reasons: why → how many of them.
    """

    fit: dict[str, float] = field(default_factory=dict)
    interest: dict[str, dict[str, float]] = field(default_factory=dict)
    passed: dict[str, set[str]] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)


def ask_part(connection: Connection, process: Process, after: str, last: str, now: datetime) -> Asked:
    """Ask the fit lines and the gate about everybody whose root comes after one id, up to another."""
    bounds = {"after": after, "last": last}
    roots = set(connection.execute(_PEOPLE, bounds).scalars())
    asked = Asked(interest=_interest(connection, process, bounds, roots, now))
    try:
        asking = Asking(process, connection.dialect.name, now)
    except BadInput as error:
        asked.left, asked.reasons = roots, Counter({str(error): len(roots)})
        return asked
    with asking.staged(connection, bounds):
        odd = dict.fromkeys(asking.odd(connection), "holds a value that is not staged exactly")
        if asking.relations:
            why = f"has records, and a condition says exists({', '.join(asking.relations)}, …)"
            odd |= dict.fromkeys(connection.execute(_HAVE_RECORDS, bounds).scalars(), why)
        asked.left, asked.reasons = set(odd), Counter(odd.values())
        asked.fit = {root: fit for root, fit in asking.fit(connection).items() if root not in odd}
        for root, product in asking.passed(connection, asked.fit, asked.interest):
            asked.passed.setdefault(root, set()).add(product)
    return asked


def _interest(
    connection: Connection, process: Process, bounds: Mapping[str, str], roots: Collection[str], now: datetime
) -> dict[str, dict[str, float]]:
    sums: dict[str, list[ScoreSum]] = {}
    for root, person, product, line, points, at, n in connection.execute(_SUMS, bounds):
        sums.setdefault(root, []).append(ScoreSum(person, product, line, points, from_us(at), n))
    only = process.products if len(process.products) == 1 else ()
    found = {}
    for root in roots if only else sums:
        theirs = sums.get(root, [])
        seen = {each.product for each in theirs}
        products = only or [product for product in process.products if product in seen]
        found[root] = {product: interest_points(theirs, product, now, process) for product in products}
    return found


_PEOPLE = text("SELECT id FROM entities WHERE kind = 'person' AND id = root_id AND id > :after AND id <= :last")
_SUMS = text("""
SELECT e.root_id, sums.person_id, sums.product, sums.line, sums.points, sums.at, sums.n
FROM entities e JOIN sums ON sums.person_id = e.id
WHERE e.kind = 'person' AND e.root_id > :after AND e.root_id <= :last
ORDER BY sums.person_id, sums.product, sums.line
""")
_HAVE_RECORDS = text("""
SELECT DISTINCT people.root_id FROM entities people
JOIN winners ON winners.value = '"' || people.id || '"'
  AND winners.field IN ('account', 'person', 'opportunity', 'campaign')
WHERE people.kind = 'person' AND people.root_id > :after AND people.root_id <= :last
""")

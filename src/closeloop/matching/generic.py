"""Values that many hold and that are therefore nobody's own: a switchboard's number, a mailbox for everyone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from closeloop.matching.nouns import Traits
from closeloop.matching.spec import Shared


def generic_values(records: Iterable[Traits], rules: Iterable[Shared]) -> frozenset[str]:
    """The values that `Bundle.prepare` should drop, among records prepared without dropping any."""
    rules = tuple(rules)
    holders: defaultdict[tuple[Shared, str], set[str]] = defaultdict(set)
    for traits in records:
        for rule in rules:
            if rule.column in traits and rule.among in traits:
                holders[rule, traits[rule.column]].add(traits[rule.among])
    return frozenset(value for (rule, value), among in holders.items() if len(among) >= rule.n)

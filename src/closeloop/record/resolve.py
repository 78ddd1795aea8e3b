"""Which value wins: the order of trust alone, the newest inside a group; never the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec.json import Encoder

from closeloop.process.nouns import FieldRule, Path
from closeloop.record.nouns import CLEARED, FieldValue, Winner


def resolve(values: Sequence[FieldValue], rule: FieldRule, signed: str) -> Winner | None:
    """Pick the value that wins for one field of one entity.

    Args:
        values: every value ever reported for this field, by the entity and by all that were merged into it, in any
            order, 0..n; those of paths that the rule does not list are not considered.
        rule: the field's line in the process file. With an empty `trust` (a built-in field) every path is believed
            alike and the newest wins.
        signed: process@version, for the explanation.

    Returns:
        The winner, or None when nobody has reported a value. Inside a group the newest wins; of values of the same
        moment the one whose path is named first, then the greater path, JSON of the value, JSON of what was given and
        message, each code point by code point, so that any order gives the same winner, in SQL as well (`by_sets`).
        A value that does not have the field's form wins only while no source at all has a valid one.
        That a field was cleared is a value like any other: the winner says `is_cleared` then.
        With `any_true`, the newest of each path of each merged entity counts, and one true is enough.

    Source: process file, `fields`: `trust`, `newest`, `any_true`.
    """
    ranks = ranks_of(rule.trust)
    known = [value for value in values if not ranks or value.path in ranks]
    if not known:
        return None
    valid = [value for value in known if value.valid]
    best = _any_true(valid, ranks) if rule.any_true and valid else _trusted(valid or known, ranks)
    return Winner(
        best.field, best.value, best.given, best.valid, best.path, best.at, best.message_id,
        _why(best, known, rule, ranks, signed),
    )  # fmt: skip


Ranks = Mapping[str, tuple[int, int]]
"""Path → the number of its group and its place in the group."""

_encode = Encoder().encode


@lru_cache(maxsize=1024)
def ranks_of(trust: tuple[tuple[Path, ...], ...]) -> Ranks:
    """The rank of every path of an order of trust."""
    return {str(path): (group, at) for group, paths in enumerate(trust) for at, path in enumerate(paths)}


def _trusted(values: Sequence[FieldValue], ranks: Ranks) -> FieldValue:
    if len(values) == 1:
        return values[0]
    first = min(_group(value, ranks) for value in values)
    return _newest((value for value in values if _group(value, ranks) == first), ranks)


def _any_true(values: Sequence[FieldValue], ranks: Ranks) -> FieldValue:
    # Each merged entity speaks for itself: one that opted out is not overruled by the same source's other record.
    said: dict[tuple[str, str], list[FieldValue]] = {}
    for value in values:
        said.setdefault((value.entity_id, value.path), []).append(value)
    latest = [_newest(each, ranks) for each in said.values()]
    return _newest([value for value in latest if value.value is True] or latest, ranks)


def _newest(values: Iterable[FieldValue], ranks: Ranks) -> FieldValue:
    return max(
        values,
        key=lambda value: (
            value.at,
            -ranks.get(value.path, (0, 0))[1],
            value.path,
            _encode(value.value),
            _encode(value.given),
            value.message_id,
        ),
    )


def _group(value: FieldValue, ranks: Ranks) -> int:
    return ranks.get(value.path, (0, 0))[0]


def _why(best: FieldValue, known: Sequence[FieldValue], rule: FieldRule, ranks: Ranks, signed: str) -> str:
    paths = {value.path for value in known if value.path != best.path}
    others = sorted(paths, key=lambda path: (ranks.get(path, (0, 0)), path))
    cleared = best.value == CLEARED and not rule.any_true
    said = f"{best.path} {'cleared it on' if cleared else 'of'} {best.at.date().isoformat()}"
    if rule.any_true:
        said = f"{said} says {'true, one is enough' if best.value is True else 'no, and none says yes'}"
    before = f" before {', '.join(others)}" if others else ""
    unfit = "" if best.valid else f"; it is not a valid {rule.form}, but nobody has reported a valid one"
    return f"{signed} fields.{rule.entity}.{rule.name}: {said}{before}{unfit}"

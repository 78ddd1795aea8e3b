"""Columns whose content changes on the way through a file, as when two were swapped from some row on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from closeloop.tables.values import LOOKS_LIKE

_CLEAR = 0.5
"""Difference of the shares before and after, from which a change is one."""
_LEAST = 20
_RECURRING = ("first_name", "last_name", "company", "title", "city", "state", "country", "lead_status", "industry")


def swaps_of(meanings: Mapping[str, str], said: Mapping[str, Sequence[str]], lines: Sequence[int]) -> dict[str, str]:
    """What to say of columns that change: column → warning.

    Args:
        meanings: column → meaning, "" for none.
        said: column → its values in the order of the file, "" for nothing.
        lines: of the rows.
    """
    warnings: dict[str, str] = {}
    for column, meaning in meanings.items():
        looks = LOOKS_LIKE.get(meaning)
        at = _change([looks(value) if value else None for value in said[column]]) if looks else None
        if looks is not None and at is not None:
            fits = [looks(value) for value in said[column][:at] if value]
            before = sum(fits) * 2 > len(fits)
            rest = slice(at, None) if before else slice(0, at)
            other = next((one for one in said if one != column and _reads(looks, said[one][rest])), None)
            upto = f"from about line {lines[at]} on" if before else f"before about line {lines[at]}"
            where = f"; there it stands in {other!r}" if other else ""
            warnings[column] = f"{upto} the values are no {meaning}{where}: columns may be swapped"
    texts = [column for column, meaning in meanings.items() if meaning in _RECURRING and column not in warnings]
    for one, other in combinations(texts, 2):
        at = _exchange(said[one], said[other])
        if at is not None:
            text = f"from about line {lines[at]} on what stood in {{}} stands here, and the other way round: swapped"
            warnings.setdefault(one, text.format(repr(other)))
            warnings.setdefault(other, text.format(repr(one)))
    return warnings


def _change(fits: Sequence[bool | None]) -> int | None:
    """Where the share that fits changes the most, if it does so clearly."""
    known = [(n, fit) for n, fit in enumerate(fits) if fit is not None]
    total, before, best, at = sum(fit for _, fit in known), 0, 0.0, None
    for seen, (n, fit) in enumerate(known):
        after = len(known) - seen
        if seen >= _LEAST and after >= _LEAST:
            difference = abs(before / seen - (total - before) / after)
            if difference > best:
                best, at = difference, n
        before += fit
    return at if best >= _CLEAR else None


def _reads(looks: object, values: Sequence[str]) -> bool:
    some = [value for value in values if value]
    return callable(looks) and len(some) >= _LEAST / 2 and sum(map(looks, some)) * 10 >= len(some) * 7


def _exchange(one: Sequence[str], other: Sequence[str]) -> int | None:
    """The tenth from which two columns hold what the other held before, told by values that recur."""
    n = len(one)
    if n < 4 * _LEAST:
        return None
    best, at = 0.0, None
    for cut in (n * part // 10 for part in range(1, 10)):
        crossed = _again(one[:cut], other[cut:]) + _again(other[:cut], one[cut:])
        straight = _again(one[:cut], one[cut:]) + _again(other[:cut], other[cut:])
        if crossed - straight > best:
            best, at = crossed - straight, cut
    return at if best >= _CLEAR else None


def _again(before: Sequence[str], after: Sequence[str]) -> float:
    """Share of the later values that stood among the earlier ones."""
    known, some = set(before), [value for value in after if value]
    return sum(value in known for value in some) / len(some) if some else 0.0

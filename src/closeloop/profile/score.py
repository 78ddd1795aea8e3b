"""Scores: fading sums of what a person did, points for who they are, and in words what each line gave.

A sum fades forward: it is worth `points` at the time of its latest touch and half of that one half-life later, so
"score now" is one multiplication and a merge of two people an addition. Caps are applied when read: capped sums do
not add. Source: Cormode et al., "Forward Decay" (ICDE 2009); process file, `scores`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from closeloop.process.nouns import Process, ScoreLine
from closeloop.process.once import once_per_process
from closeloop.profile.nouns import Reason, Score, ScoreSum, SumKey, Touch
from closeloop.profile.scope import TouchScope
from closeloop.rules import Scope

_NO_TIME = timedelta(0)


def fold(sums: Mapping[SumKey, ScoreSum], touches: Iterable[Touch], process: Process) -> dict[SumKey, ScoreSum]:
    """Add touches to the sums of the people they belong to; any order gives the same sums but for rounding.

    A touch of nobody known, and an act of a seller, adds nothing. A touch without a product adds to product "".

    Args:
        sums: as they stand; those of other people and lines are left alone.
        touches: each one once; that is for the caller to see to.
        process: the process in force. Conditions of interest lines speak of the touch alone, so the order in which
            anything else becomes known makes no difference either.

    Returns:
        The sums that changed.
    """
    lines, changed = _interest_by_kind(process), dict[SumKey, ScoreSum]()
    for touch in touches:
        if touch.person_id is None or touch.seller is not None:
            continue
        for line in lines.get(touch.kind, ()):
            if line.when and not line.when.test(TouchScope(touch)):
                continue
            key = SumKey(touch.person_id, touch.product or "", line.id)
            changed[key] = _add(changed.get(key) or sums.get(key), key, line, touch.at)
    return changed


def interest(sums: Iterable[ScoreSum], product: str, now: datetime, process: Process) -> Score:
    """How much one person wants one product.

    Args:
        sums: all sums of all entities that are linked to the person.
        product: what the interest is in; touches without a product count as well.
        now: the moment to fade to; a touch of a later moment (a clock that is ahead) has not faded yet.
        process: the process in force; sums of lines that it does not have count nothing.
    """
    by_line: dict[str, list[ScoreSum]] = {}
    for each in sums:
        if each.product in (product, ""):
            by_line.setdefault(each.line, []).append(each)
    return _score(_interest_reason(line, by_line[line.id], now) for line in process.interest if line.id in by_line)


def interest_points(sums: Iterable[ScoreSum], product: str, now: datetime, process: Process) -> float:
    """The total of `interest` without the words: conditions are asked far more often than people."""
    points: dict[str, float] = {}
    lines = _interest_by_id(process)
    for each in sums:
        if each.product in (product, "") and each.line in lines:
            left = faded(each.points, now - each.at, lines[each.line].half_life)
            points[each.line] = points.get(each.line, 0.0) + left
    return round(sum(round(_capped(line, points[line.id]), 6) for line in process.interest if line.id in points), 6)


def fit(person: Scope, process: Process) -> Score:
    """How well somebody matches those who buy: the points of every line that is true of them."""
    return _score(
        Reason(line.id, line.points, 1, None, f"{line.when.text}: {line.points:g}")
        for line in process.fit
        if line.when and line.when.test(person)
    )


@once_per_process
def _interest_by_kind(process: Process) -> Mapping[str, tuple[ScoreLine, ...]]:
    lines: dict[str, tuple[ScoreLine, ...]] = {}
    for line in process.interest:
        if line.on is not None:
            lines[line.on] = (*lines.get(line.on, ()), line)
    return lines


@once_per_process
def _interest_by_id(process: Process) -> Mapping[str, ScoreLine]:
    return {line.id: line for line in process.interest}


def _add(before: ScoreSum | None, key: SumKey, line: ScoreLine, at: datetime) -> ScoreSum:
    if before is None:
        return ScoreSum(*key, float(line.points), at, 1)
    if at >= before.at:
        return ScoreSum(*key, faded(before.points, at - before.at, line.half_life) + line.points, at, before.n + 1)
    late = faded(line.points, before.at - at, line.half_life)
    return ScoreSum(*key, before.points + late, before.at, before.n + 1)


def faded(points: float, since: timedelta, half_life: timedelta | None) -> float:
    """What is left of points after a while; without a half-life all of it."""
    if half_life is None or since <= _NO_TIME:
        return points
    left: float = 2.0 ** -(since / half_life)
    return points * left


def _interest_reason(line: ScoreLine, sums: list[ScoreSum], now: datetime) -> Reason:
    points = sum(faded(each.points, now - each.at, line.half_life) for each in sums)
    n, last_at = sum(each.n for each in sums), max(each.at for each in sums)
    where = f" where {line.when.text}" if line.when else ""
    limit = "" if line.at_most is None else f" of at most {line.at_most:g}"
    points = _capped(line, points)
    text = f"{line.on}{where} ×{n}, last {last_at.date().isoformat()}: {points:.1f}{limit}"
    return Reason(line.id, round(points, 6), n, last_at, text)


def _capped(line: ScoreLine, points: float) -> float:
    return points if line.at_most is None else min(points, line.at_most)


def _score(reasons: Iterable[Reason]) -> Score:
    counted = tuple(reasons)
    return Score(round(sum(reason.points for reason in counted), 6), counted)

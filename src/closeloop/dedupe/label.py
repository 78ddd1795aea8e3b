"""Answers of a person about pairs: which pairs to ask about, and where the bands begin once the answers are known.

The pairs asked about are those whose answer teaches most: near even odds, spread over the weights around them. The
answers bend the model's odds by two numbers, w' = a·w + b in bits (Platt 1999), held near 1 and 0 while they are few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from typing import Literal

import msgspec
import pyarrow as pa

from closeloop.dedupe.calibrate import ASK, band_from, probability
from closeloop.dedupe.engine import Evidence
from closeloop.matching.bundle import Bundle
from closeloop.matching.spec import Bands, Spec
from closeloop.words.errors import BadInput

Record = Mapping[str, str]
LOWEST, HIGHEST = -8.0, 14.0
"""Weights in bits between which asking teaches something."""

_WIDTH = 2.0
_FEW = 10
_STEPS = 50
_HELD = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said of two records, which are kept as they were, so that another bundle can be judged by it."""

    left: Record
    right: Record
    answer: Literal["same", "different"]


def read_answers(path: Path) -> list[Answer]:
    """The answers in a file, one JSON object a line; none when there is no file yet.

    Raises:
        BadInput: a line is no answer; says which.
    """
    if not path.exists():
        return []
    answers = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            answers.append(msgspec.json.decode(line, type=Answer))
        except msgspec.MsgspecError as error:
            raise BadInput(f"{path}:{number}: {error}; valid is a line as `closeloop match label` writes it") from error
    return answers


def add_answer(path: Path, answer: Answer) -> None:
    """Write an answer down at once, so that nobody is asked twice."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(answer) + b"\n")


def worth_asking(pairs: pa.Table, n: int) -> Iterator[tuple[int, int, float]]:
    """The n most telling pairs (left, right, weight): in turn from each strip of weights, those near even odds first.

    Args:
        pairs: left, right, weight; of any weight.
        n: how many at most.
    """
    strips: defaultdict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for left, right, weight in zip(*(pairs[name].to_pylist() for name in ("left", "right", "weight")), strict=True):
        if LOWEST <= weight <= HIGHEST:
            strips[int(weight // _WIDTH)].append((left, right, weight))
    order = sorted(strips, key=lambda strip: (abs((strip + 0.5) * _WIDTH), strip))
    for strip in order:
        # Neighbours in weight are often the same few people, so a strip is taken from end to end.
        strips[strip] = strips[strip][:: max(1, len(strips[strip]) // max(1, n))]
    for turn in range(n):
        for strip in order:
            if turn < len(strips[strip]) and n > 0:
                n -= 1
                yield strips[strip][turn]


def judged(answers: Iterable[Answer], bundle: Bundle) -> list[tuple[float, bool]]:
    """The weight that the bundle gives to each pair that was answered, and whether it is one person."""
    return [
        (bundle.weigh(bundle.prepare(answer.left), bundle.prepare(answer.right)).total, answer.answer == "same")
        for answer in answers
    ]


def with_answers(spec: Spec, evidence: Evidence, n_records: int, weighed: Sequence[tuple[float, bool]]) -> Spec:
    """The spec with bands that the answers bear out.

    Args:
        evidence: the weights of all candidate pairs of the base, falling, by `spec`.
        weighed: weights and answers, from `judged`.

    Raises:
        BadInput: fewer than ten answers, or all of one kind; nothing can be learnt from them.
    """
    n_same = sum(same for _, same in weighed)
    if len(weighed) < _FEW or n_same in (0, len(weighed)):
        raise BadInput(
            f'{len(weighed)} answers, {n_same} of them "same"; bands need ten answers or more, of both kinds'
        )
    slope, offset = _bent(weighed)
    same = band_from([(slope * weight + offset, n) for weight, n in evidence])
    bands = Bands(n_records, round((same - offset) / slope, 2), round((ASK - offset) / slope, 2), spec.bands.rise)
    return replace(spec, bands=bands, made=f"{spec.made}; bands by {len(weighed)} answers")


def _bent(weighed: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset that make the answers likeliest, by Newton's method on the penalised likelihood."""
    slope, offset, bit = 1.0, 0.0, log(2)
    for _ in range(_STEPS):
        by_slope, by_offset = (slope - 1) / _HELD, offset / _HELD**3
        curve = [[1 / _HELD, 0.0], [0.0, 1 / _HELD**3]]
        for weight, same in weighed:
            chance = probability(slope * weight + offset)
            by_slope += bit * weight * (chance - same)
            by_offset += bit * (chance - same)
            bend = bit * bit * chance * (1 - chance)
            curve[0][0] += bend * weight * weight
            curve[0][1] += bend * weight
            curve[1][1] += bend
        determinant = curve[0][0] * curve[1][1] - curve[0][1] ** 2
        slope -= (curve[1][1] * by_slope - curve[0][1] * by_offset) / determinant
        offset -= (curve[0][0] * by_offset - curve[0][1] * by_slope) / determinant
        slope = max(slope, 0.1)
    return slope, offset

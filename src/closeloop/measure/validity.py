"""How good what each source says is: valid, doubtful, verified, and where CRM and marketing system agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from msgspec.json import decode
from sqlalchemy import Row as SqlRow
from sqlalchemy import text

from closeloop.measure.definitions import VALIDITY
from closeloop.measure.nouns import Asked, Column, Report, Row, share
from closeloop.process.nouns import FieldRule, Process
from closeloop.record.nouns import CLEARED
from closeloop.words.normal import comparable
from closeloop.words.validity import Judgement, judge, kind_of

# In order, so that the values of one person come together and the latest of a record last; a base of millions is never
# in memory at once.
_VALUES = text("""
    SELECT v.kind, v.field, v.root_id, v.entity_id, v.path, v.at, v.value, v.valid,
      CASE WHEN EXISTS (
        SELECT 1 FROM v_verifications c WHERE c.root_id = v.root_id AND c.field = v.field AND c.value = v.value
      ) THEN 1 ELSE 0 END AS verified
    FROM v_values v
    WHERE v.kind IN ('person', 'account')
    ORDER BY v.kind, v.field, v.root_id, v.at, v.value""")


@dataclass(slots=True)
class _Counts:
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    n_verified: int = 0
    n_both: int = 0
    n_agree: int = 0


def _rows(asked: Asked) -> list[Row]:
    sides = _sides(asked.process)
    counts: dict[tuple[str, str], _Counts] = {}
    for rule, lines in _by_person(asked):
        latest = {(line.entity_id, line.path): line for line in lines}
        newest = {_source(line.path): line.value for line in lines}
        for line in latest.values():
            of_source = counts.setdefault((_source(line.path), rule.name), _Counts())
            if decode(line.value) != CLEARED:
                _count(of_source, rule, line)
        for source, other in sides.items():
            if source in newest and other in newest:
                each = counts[source, rule.name]
                each.n_both += 1
                each.n_agree += _is_same(rule, newest[source], newest[other])
    return [_row(source, name, counts[source, name], sides) for source, name in sorted(counts)]


def _by_person(asked: Asked) -> Iterator[tuple[FieldRule, list[SqlRow[Any]]]]:
    lines = asked.connection.execute(_VALUES, execution_options={"yield_per": 10_000})
    for (kind, name, _), of_one in groupby(lines, key=itemgetter(0, 1, 2)):
        rule = asked.process.fields.get(kind, {}).get(name)
        if rule is not None:
            yield rule, list(of_one)


def _count(counts: _Counts, rule: FieldRule, line: SqlRow[Any]) -> None:
    found = _judge(rule, decode(line.value), is_valid=bool(line.valid))
    counts.verdicts[found.verdict] += 1
    counts.n_verified += line.verified
    if found.reason:
        counts.reasons[found.reason] += 1


def _judge(rule: FieldRule, value: object, *, is_valid: bool) -> Judgement:
    kind = kind_of(rule.name, rule.form)
    found = judge(kind, str(value))
    # A number without prefix was read by a country that stood beside it; other forms are what the record says of them.
    return found if is_valid or found.verdict != "valid" else Judgement("invalid", "syntax")


def _is_same(rule: FieldRule, left: str, right: str) -> bool:
    return left == right or comparable(rule.form, decode(left)) == comparable(rule.form, decode(right))


def _sides(process: Process) -> Mapping[str, str]:
    """CRM → marketing system and back, the first of each; empty when one of them is missing."""
    crm = next((name for name, source in process.sources.items() if source.role == "sales"), None)
    marketing = next((name for name, source in process.sources.items() if source.role == "marketing"), None)
    return {crm: marketing, marketing: crm} if crm and marketing else {}


def _source(path: str) -> str:
    return path.partition(".")[0]


def _row(source: str, name: str, counts: _Counts, sides: Mapping[str, str]) -> Row:
    n = counts.verdicts.total()
    reasons = ", ".join(f"{reason} {times}" for reason, times in counts.reasons.most_common(3))
    return (
        source, name, n,
        share(counts.verdicts["valid"], n), share(counts.verdicts["doubtful"], n), share(counts.verdicts["invalid"], n),
        reasons or None, share(counts.n_verified, n),
        sides.get(source), counts.n_both, share(counts.n_agree, counts.n_both),
    )  # fmt: skip


REPORT = Report(
    "How good are the values that each source gives?",
    VALIDITY,
    (
        Column("source", "", "who said it"),
        Column("field", "", "of people and companies"),
        Column("values", "count", "values, the latest of each record"),
        Column("valid", "%", "of `values`, fit for what the field is for"),
        Column("doubtful", "%", "of `values`, fit for a part of it, such as a role mailbox"),
        Column("invalid", "%", "of `values`, unfit"),
        Column("reasons", "", "why not valid: the three most frequent, with their counts"),
        Column("verified", "%", "of `values`, confirmed by an outcome that verifies"),
        Column("beside", "", "the other side: the marketing system for a CRM, the CRM for a marketing system"),
        Column("both", "count", "resolved people or companies of which both sides say something"),
        Column("agree", "%", "of `both`, their latest values are the same in normal form"),
    ),
    _rows,
)

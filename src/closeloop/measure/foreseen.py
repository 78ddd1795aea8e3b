"""What will happen if two records are said to be one: who goes on, which values win, what adds up, who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.relations import names_of
from closeloop.measure.sides import Side
from closeloop.measure.stored import in_words, value_of
from closeloop.process.nouns import Process
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.profile.nouns import ScoreSum
from closeloop.profile.score import interest
from closeloop.record.nouns import FieldValue, Winner
from closeloop.record.settle import winners_of
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Kept:
    """One field on which the two do not say the same: the value that wins by the record's own rule, and the other.

    `other` is "" when only one of them has a value; it stays among the reported ones.
    """

    field: str
    value: str
    of_id: str
    other: str
    why: str


@dataclass(frozen=True, slots=True)
class Added:
    """Interest in one product: of the survivor, of the other, and of the one person. A line's limit holds for all."""

    product: str
    survivor: float
    loser: float
    together: float


@dataclass(frozen=True, slots=True)
class Told:
    """One outside system that holds records of the two.

    Attributes:
        survivor, loser: the records of each, as "Lead 00Q…".
        fields: those that it will be told, since their value changes for a record there.
        goes_into: records that are merged there too, each with the one that goes on.
        stays_two: a lead beside a contact, which no system merges: somebody converts it there.
    """

    source: str
    survivor: tuple[str, ...]
    loser: tuple[str, ...]
    fields: tuple[str, ...]
    goes_into: tuple[tuple[str, str], ...]
    stays_two: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """All of it. The older of the two goes on under its id; the other's id still leads to it."""

    survivor: Side
    loser: Side
    n_alike: int
    kept: tuple[Kept, ...]
    added: tuple[Added, ...]
    told: tuple[Told, ...]


_VALUES = text("""
    SELECT root_id, entity_id, field, path, at, value, given, valid, message_id FROM v_values
    WHERE root_id IN (:left, :right)""")
_SUMS = text("""
    SELECT person_id, product, line, points, at, n FROM v_score_sums WHERE person_id IN (:left, :right)""")


def foreseen(connection: Connection, process: Process, sides: tuple[Side, Side], now: datetime) -> Foreseen:
    """What the answer "same" would do to these two at `now`; nothing is written."""
    survivor, loser = sorted(sides, key=lambda side: side.id)
    values = _values(connection, survivor.id, loser.id)
    apart = {root: winners_of(survivor.kind, each, process) for root, each in values.items()}
    together = winners_of(survivor.kind, [value for each in values.values() for value in each], process)
    shown = _shown(connection, process, (winner for each in apart.values() for winner in each.values()))
    kept = []
    for field, winner in together.items():
        of_each = {root: shown(each[field]) if field in each else "" for root, each in apart.items()}
        if len(set(of_each.values())) > 1:
            of_id = survivor.id if apart[survivor.id].get(field) == _unsaid(winner, apart[survivor.id]) else loser.id
            other = of_each[loser.id if of_id == survivor.id else survivor.id]
            kept.append(Kept(field, shown(winner), of_id, other, winner.why))
    return Foreseen(
        survivor, loser, len(together) - len(kept), tuple(kept),
        tuple(_added(connection, survivor.id, loser.id, process, now)),
        tuple(_told(survivor, loser, apart, together, process)),
    )  # fmt: skip


def _values(connection: Connection, survivor: str, loser: str) -> dict[str, list[FieldValue]]:
    values: dict[str, list[FieldValue]] = {survivor: [], loser: []}
    for line in connection.execute(_VALUES, {"left": survivor, "right": loser}):
        value, given = value_of(line.value), value_of(line.given)
        if isinstance(value, str | int | float | bool) and isinstance(given, str | int | float | bool):
            values[line.root_id].append(
                FieldValue(
                    line.entity_id, line.field, line.path, from_us(line.at), value, given, bool(line.valid),
                    line.message_id,
                )
            )  # fmt: skip
    return values


def _shown(connection: Connection, process: Process, winners: Iterable[Winner]) -> Callable[[Winner], str]:
    """How to show a value: relations and owners by their names."""
    names = names_of(connection, process, ((winner.field, str(winner.value)) for winner in winners))
    return lambda winner: names.get(str(winner.value)) or in_words(winner.given) or "(empty)"


def _unsaid(winner: Winner, of: Mapping[str, Winner]) -> Winner:
    """The winner with the reason that this record gives for it alone: only that differs when it is its own."""
    alone = of.get(winner.field)
    return winner if alone is None else winner._replace(why=alone.why)


def _added(connection: Connection, survivor: str, loser: str, process: Process, now: datetime) -> Iterator[Added]:
    sums: dict[str, list[ScoreSum]] = {survivor: [], loser: []}
    for line in connection.execute(_SUMS, {"left": survivor, "right": loser}):
        sums[line.person_id].append(
            ScoreSum(line.person_id, line.product, line.line, line.points, from_us(line.at), line.n)
        )
    for product in process.products:
        one, other, both = (
            interest(each, product, now, process).total
            for each in (sums[survivor], sums[loser], sums[survivor] + sums[loser])
        )
        if both:
            yield Added(product, one, other, both)


def _told(
    survivor: Side,
    loser: Side,
    apart: Mapping[str, Mapping[str, Winner]],
    together: Mapping[str, Winner],
    process: Process,
) -> Iterator[Told]:
    """Systems that hold a record of either, with the fields written there whose value changes for a record there."""
    records = {side.id: _records(side, process) for side in (survivor, loser)}
    for source in sorted({source for each in records.values() for source in each}):
        there = [root for root, each in records.items() if source in each]
        fields = tuple(
            rule.name
            for rule in process.fields.get(survivor.kind, {}).values()
            if rule.name in together
            and any(path.source == source for path in rule.write)
            and any(not together[rule.name].same_value(apart[root].get(rule.name)) for root in there)
        )
        one, other = (records[side.id].get(source, ()) for side in (survivor, loser))
        merged = survivor.kind == "person" and source in process.matching.merge_in
        yield Told(
            source, tuple(f"{name} {key}" for name, key in one), tuple(f"{name} {key}" for name, key in other), fields,
            tuple(_goes_into(one, other)) if merged else (),
            merged and {"Lead", "Contact"} in ({a, b} for a, _ in one for b, _ in other),
        )  # fmt: skip


def _goes_into(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Records of the other that the system merges into one of the survivor's: those of one object."""
    for name, key in other:
        goes_on = next((kept for object_name, kept in one if object_name == name), None)
        if name in PERSON_OBJECTS and goes_on is not None:
            yield f"{name} {key}", f"{name} {goes_on}"


def _records(side: Side, process: Process) -> dict[str, list[tuple[str, str]]]:
    """Source → the records there, by the vendor's ids among the keys: "crm.Lead" is one of source crm."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, value in side.keys:
        source, _, name = kind.partition(".")
        if name and source in process.sources and process.sources[source].connected:
            found.setdefault(source, []).append((name, value))
    return found

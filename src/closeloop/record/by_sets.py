"""The winners that `resolve` picks, picked by the database itself: its rules as rows, its order as one query.

Whatever changes here changes in `resolve` as well; a test compares both over random rules and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.record.builtin import kinds_of, rules_for
from closeloop.record.resolve import ranks_of


class Lines(NamedTuple):
    """The field rules of a process as rows of two tables.

    Attributes:
        fields: kind of entity, field, form, whether one true is enough, whether only listed paths count, and how an
            explanation begins ("b2b@7 fields.person.email: ").
        paths: kind of entity, field, path, the number of its group and its place in the group.
    """

    fields: Sequence[tuple[str, str, str, int, int, str]]
    paths: Sequence[tuple[str, str, str, int, int]]


@once_per_process
def lines(process: Process) -> Lines:
    """Every field rule that is in force."""
    rules = [(kind, rule) for kind in kinds_of(process) for rule in rules_for(process, kind).values()]
    return Lines(
        [
            (
                kind, rule.name, rule.form, int(rule.any_true), int(bool(ranks_of(rule.trust))),
                f"{process.signed} fields.{rule.entity}.{rule.name}: ",
            )
            for kind, rule in rules
        ],
        [(kind, rule.name, path, *rank) for kind, rule in rules for path, rank in ranks_of(rule.trust).items()],
    )  # fmt: skip


ORDER = ("valid DESC", "turn", "at DESC", "place", "path DESC", "value DESC", "given DESC", "message_id DESC")
"""By what one value goes before another. `turn` is the group; where one true is enough: true, no, said again later."""


def best_query(dialect: str) -> str:
    """SQL that gives every value that counts, the best of each root and field first, as `settling_best` has it.

    Reads `settling_roots` (root_id, kind), `settling_fields` and `settling_paths` (both as in `Lines`), `entities` and
    `field_values`. Text must compare code point by code point.

    Args:
        dialect: "sqlite" or "postgresql".
    """
    return _BEST.format(then=_then(dialect), order=", ".join(ORDER))


def winners_query(dialect: str) -> str:
    """SQL that gives the columns of `winners` for what `settling_best` kept, with the explanation."""
    sqlite = dialect == "sqlite"
    day = _DAY.format("integer" if sqlite else "int")
    return _WINNERS.format(
        then=_then(dialect),
        joined="group_concat" if sqlite else "string_agg",
        date=f"date({day} * 86400, 'unixepoch')" if sqlite else f"to_char(date '1970-01-01' + {day}, 'YYYY-MM-DD')",
    )


def _then(dialect: str) -> str:
    # SQLite reads tables in the order in which CROSS JOIN names them; without it, it may begin with the largest.
    return "CROSS JOIN" if dialect == "sqlite" else "JOIN"


_DAY = "CAST((best.at - ((best.at % 86400000000) + 86400000000) % 86400000000) / 86400000000 AS {})"
"""Whole days since 1970, rounded down: both databases divide towards zero."""

_BEST = """
SELECT root_id, field, kind, value, given, valid, path, at, message_id
FROM (
  SELECT roots.root_id, said.field, roots.kind, said.value, said.given, said.valid, said.path, said.at,
    said.message_id, COALESCE(listed.place, 0) AS place,
    CASE
      WHEN rule.any_true = 0 OR said.valid = 0 THEN COALESCE(listed.group_no, 0)
      WHEN EXISTS (
        SELECT 1 FROM field_values AS later
        WHERE later.entity_id = said.entity_id AND later.field = said.field AND later.path = said.path
          AND later.at > said.at AND later.valid = 1
      ) THEN 2
      WHEN said.value = 'true' THEN 0
      ELSE 1
    END AS turn
  FROM settling_roots AS roots
  {then} entities ON entities.root_id = roots.root_id
  {then} field_values AS said ON said.entity_id = entities.id
  {then} settling_fields AS rule ON rule.kind = roots.kind AND rule.field = said.field
  LEFT JOIN settling_paths AS listed
    ON listed.kind = roots.kind AND listed.field = said.field AND listed.path = said.path
  WHERE rule.only_listed = 0 OR listed.path IS NOT NULL
) AS known
ORDER BY root_id, field, {order}
"""

_WINNERS = """
SELECT best.root_id, best.field, best.value, best.given, best.valid, best.path, best.at, best.message_id,
  rule.begins || best.path
  || CASE WHEN best.value = '""' AND rule.any_true = 0 THEN ' cleared it on ' ELSE ' of ' END || {date}
  || CASE
    WHEN rule.any_true = 0 THEN ''
    WHEN best.value = 'true' THEN ' says true, one is enough'
    ELSE ' says no, and none says yes'
  END
  || COALESCE(' before ' || (
    SELECT {joined}(other, ', ') FROM (
      SELECT DISTINCT said.path AS other,
        COALESCE(listed.group_no, 0) AS in_group, COALESCE(listed.place, 0) AS at_place
      FROM entities
      {then} field_values AS said ON said.entity_id = entities.id AND said.field = best.field
      LEFT JOIN settling_paths AS listed
        ON listed.kind = best.kind AND listed.field = best.field AND listed.path = said.path
      WHERE entities.root_id = best.root_id AND said.path <> best.path
        AND (rule.only_listed = 0 OR listed.path IS NOT NULL)
      ORDER BY in_group, at_place, other
    ) AS others
  ), '')
  || CASE
    WHEN best.valid = 1 THEN ''
    ELSE '; it is not a valid ' || rule.form || ', but nobody has reported a valid one'
  END AS why
FROM settling_best AS best
JOIN settling_fields AS rule ON rule.kind = best.kind AND rule.field = best.field
"""

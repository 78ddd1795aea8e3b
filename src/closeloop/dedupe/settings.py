"""A bundle as Splink reads it: settings with every m and u stated, so that Splink fills in nothing of its own."""

from __future__ import annotations

import re
from typing import Any

from closeloop.matching.conditions import DUCKDB, Dialect, columns_of, read_condition
from closeloop.matching.scorer import has_exact_level
from closeloop.matching.spec import Comparison, Level, Spec

ROW = "row_number"
"""The column by which Splink knows a record: its place in the table, from 0."""


def key_column(block: int) -> str:
    """The column that holds the keys of the block rule at that place."""
    return f"key_{block}"


def splink_settings(spec: Spec, dialect: Dialect = DUCKDB, *, trained: bool = True) -> dict[str, Any]:
    """The settings for Splink 5; without `trained`, m and u are left for it to find, but for those fixed."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": ROW,
        "probability_two_random_records_match": spec.prior,
        "blocking_rules_to_generate_predictions": [
            f"l.{key_column(at)} = r.{key_column(at)}" for at in range(len(spec.blocks))
        ],
        "comparisons": [_comparison(comparison, dialect, trained=trained) for comparison in spec.comparisons],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "max_iterations": 50,
    }


def rarity_columns(spec: Spec) -> tuple[str, ...]:
    """The columns whose values weigh more when rare."""
    return tuple(
        dict.fromkeys(
            level.rarity.column
            for comparison in spec.comparisons
            for level in comparison.levels
            if level.rarity is not None
        )
    )


def compared_columns(spec: Spec) -> frozenset[str]:
    """The columns that levels, guards, rarity and training look at."""
    declared = [level.when for comparison in spec.comparisons for level in comparison.levels]
    declared += [guard.when for guard in spec.guards]
    return frozenset(rarity_columns(spec)).union(*map(columns_of, declared), *spec.training)


def sql_number(value: float) -> str:
    """The number as every dialect reads it to the last bit, infinity too."""
    return f"cast('{value!r}' as double)"


def output_name(comparison: Comparison) -> str:
    """The comparison's name as Splink can use it in names of columns."""
    return re.sub(r"\W+", "_", comparison.name)


def _comparison(comparison: Comparison, dialect: Dialect, *, trained: bool) -> dict[str, Any]:
    levels = [_level(comparison, level, dialect, trained=trained) for level in comparison.levels]
    return {"output_column_name": output_name(comparison), "comparison_levels": levels}


def _level(comparison: Comparison, level: Level, dialect: Dialect, *, trained: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "sql_condition": read_condition(level.when, dialect).sql,
        "label_for_charts": level.name,
    }
    if level.silent:
        return settings | {"is_null_level": True}
    if trained or "m" in level.fixed:
        settings |= {"m_probability": level.m, "fix_m_probability": True}
    if trained or "u" in level.fixed:
        settings |= {"u_probability": level.u, "fix_u_probability": True}
    if level.rarity is not None:
        settings |= {
            "tf_adjustment_column": level.rarity.column,
            "tf_adjustment_weight": level.rarity.share,
            "tf_minimum_u_value": level.rarity.least,
            "disable_tf_exact_match_detection": not has_exact_level(comparison, level.rarity.column),
        }
    return settings

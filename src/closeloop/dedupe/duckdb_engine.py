"""Splink on DuckDB: scores the candidate pairs of prepared records; only pairs worth asking about leave it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from closeloop.dedupe.engine import BIN, Evidence, Scored
from closeloop.dedupe.prepared import Coded, Prepared, block_keys
from closeloop.dedupe.settings import ROW, compared_columns, key_column, rarity_columns, splink_settings, sql_number
from closeloop.matching.conditions import Condition, read_condition
from closeloop.matching.spec import Guard, Spec

if TYPE_CHECKING:
    from splink import Linker

logging.getLogger("splink").setLevel(logging.ERROR)


class DuckDBEngine:
    """In this process, on all cores."""

    name = "duckdb"

    @contextmanager
    def scored(self, prepared: Prepared, spec: Spec, least: float | None) -> Iterator[Scored]:
        with duckdb.connect() as connection:
            linker = linker_on(connection, prepared, spec)
            table = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
            yield _Table(connection, table.physical_name, spec.guards)


@dataclass(frozen=True, slots=True)
class _Table:
    connection: duckdb.DuckDBPyConnection
    name: str
    guards: tuple[Guard, ...]

    def histogram(self) -> Evidence:
        counted = self.connection.sql(
            f"select floor(match_weight / {BIN!r}) * {BIN!r} + {BIN / 2!r} as bin, count(*) "  # noqa: S608 - our own names
            f"from {self.name} group by bin order by bin desc"
        ).fetchall()
        return [(float(weight), int(n)) for weight, n in counted]

    def pairs(self, shift: float, ask_at: float, same_at: float) -> pa.Table:
        return self.connection.sql(_decided_sql(self.guards, self.name, shift, ask_at, same_at)).to_arrow_table()


def linker_on(connection: duckdb.DuckDBPyConnection, prepared: Prepared, spec: Spec, *, trained: bool = True) -> Linker:
    """A linker over the prepared records, with the declared model and frozen frequencies."""
    connection.register("records_in", records_table(prepared, spec))
    # Who shares no key is in no pair; training samples everybody.
    sharing = " or ".join(f"{key_column(at)} is not null" for at in range(len(spec.blocks))) if trained else "true"
    connection.execute(f"create table records as select * from records_in where {sharing}").fetchall()  # noqa: S608 - ours
    connection.unregister("records_in")
    splink = import_module("splink")  # only now: it takes most of a second, and every command would wait for it
    api = splink.DuckDBAPI(connection)
    linker: Linker = splink.Linker(api.register("records"), splink_settings(spec, trained=trained), log_level=None)
    for column in rarity_columns(spec):
        table = api.register(frequency_table(column, prepared.columns[column], spec), table_name=f"shares_{column}")
        linker.table_management.register_term_frequency_lookup(table, column)
    return linker


def records_table(prepared: Prepared, spec: Spec) -> pa.Table:
    """The records as Splink sees them: their place, the columns that are compared, and a number per block key."""
    used = compared_columns(spec)
    columns: dict[str, pa.Array] = {ROW: pa.array(range(prepared.n), pa.int64())}
    columns |= {name: column for name, column in prepared.columns.items() if name in used}
    for at, block in enumerate(spec.blocks):
        columns[key_column(at)] = block_keys(prepared, block, spec.most_per_key)
    return pa.table(columns)


def frequency_table(column: str, values: Coded, spec: Spec) -> pa.Table:
    """How often each value of a column is met, as the spec froze it."""
    frequencies = spec.frequencies[column]
    known = values.dictionary.to_pylist()
    shares = [frequencies.values.get(value, frequencies.rare) for value in known]
    return pa.table({column: pa.array(known, pa.string()), f"tf_{column}": pa.array(shares, pa.float64())})


def _decided_sql(guards: tuple[Guard, ...], scored: str, shift: float, ask_at: float, same_at: float) -> str:
    whens = [f"when {_of_sides(read_condition(guard.when))} then {_quoted(guard.why)}" for guard in guards]
    why = f"case {' '.join(whens)} else '' end" if whens else "''"
    return f"""
        with decided as (
            select {ROW}_l as "left", {ROW}_r as "right", match_weight + {sql_number(shift)} as weight,
                case when match_weight + {sql_number(shift)} >= {sql_number(same_at)} then {why} else '' end as why
            from {scored} as scored
            join records as a on a.{ROW} = scored.{ROW}_l
            join records as b on b.{ROW} = scored.{ROW}_r
            where match_weight + {sql_number(shift)} >= {sql_number(ask_at)}
        )
        select "left", "right", weight,
            case when weight >= {sql_number(same_at)} and why = '' then 'same' else 'ask' end as band, why
        from decided order by weight desc, "left", "right"
    """  # noqa: S608 - names of columns come from a checked bundle


def _of_sides(condition: Condition) -> str:
    sql = condition.sql
    for column in condition.columns:
        sql = re.sub(rf"\b{column}_l\b", f"a.{column}", re.sub(rf"\b{column}_r\b", f"b.{column}", sql))
    return sql


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Spark: for a base beyond what one machine weighs. Spark finds the candidates, the bundle's own scorer weighs them.

Splink's SQL is not used here: in Spark's dialect its Jaro–Winkler is another one near the cut-offs. The scorer of real
time runs on the workers instead, over Arrow batches, and equals Splink on DuckDB to a billionth. Workers need a Python
with Closeloop (PYSPARK_PYTHON names it); records are prepared where the hub runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import msgspec
import pyarrow as pa

from closeloop.dedupe.engine import BIN, Evidence, Scored
from closeloop.dedupe.prepared import Prepared, block_keys
from closeloop.dedupe.settings import ROW, key_column, sql_number
from closeloop.matching.bundle import Bundle, read_bundle
from closeloop.matching.spec import Spec
from closeloop.words.errors import BadInput

_TRAITS = "traits"
_WEIGHED = '"left" bigint, "right" bigint, weight double, why string'.replace('"', "`")
_SCHEMA = pa.schema([("left", pa.int64()), ("right", pa.int64()), ("weight", pa.float64()), ("why", pa.string())])
_traits = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True)
class SparkEngine:
    """A Spark cluster, by its master's address: "spark://host:7077", or "local[2]" for this machine."""

    master: str
    name: str = "spark"

    @contextmanager
    def scored(self, prepared: Prepared, spec: Spec, least: float | None) -> Iterator[Scored]:
        session = self._session()
        try:
            session.createDataFrame(_records(prepared, spec)).createOrReplaceTempView("records")
            weighed = session.sql(_candidates_sql(spec)).mapInArrow(_Weighing(Bundle(spec).encoded, least), _WEIGHED)
            weighed.persist().createOrReplaceTempView("weighed")
            yield _Weighed(session)
        finally:
            session.stop()

    def _session(self) -> Any:  # noqa: ANN401 - pyspark is an extra, so its types are not always there
        try:
            sql = import_module("pyspark.sql")
        except ModuleNotFoundError as error:
            raise BadInput(
                'the engine "spark" needs pyspark; install it with: pip install "closeloop[spark]"'
            ) from error
        builder = sql.SparkSession.builder.master(self.master).appName("closeloop")
        for setting, value in (
            ("spark.ui.enabled", "false"),
            ("spark.ui.showConsoleProgress", "false"),
            ("spark.sql.execution.arrow.maxRecordsPerBatch", "20000"),
        ):
            builder = builder.config(setting, value)
        return builder.getOrCreate()


@dataclass(frozen=True, slots=True)
class _Weighed:
    session: Any

    def histogram(self) -> Evidence:
        counted = self.session.sql(
            f"select floor(weight / {BIN!r}) * {BIN!r} + {BIN / 2!r} as bin, count(*) as n "  # noqa: S608 - our own names
            "from weighed group by bin order by bin desc"
        ).collect()
        return [(float(row["bin"]), int(row["n"])) for row in counted]

    def pairs(self, shift: float, ask_at: float, same_at: float) -> pa.Table:
        same = f"weight + {sql_number(shift)} >= {sql_number(same_at)}"
        found: pa.Table = self.session.sql(f"""
            select `left`, `right`, weight + {sql_number(shift)} as weight,
                case when {same} and why = '' then 'same' else 'ask' end as band,
                case when {same} then why else '' end as why
            from weighed where weight + {sql_number(shift)} >= {sql_number(ask_at)}
            order by weight desc, `left`, `right`
        """).toArrow()  # noqa: S608 - numbers only
        return found


@dataclass(frozen=True, slots=True)
class _Weighing:
    """What a worker does to a batch of candidates."""

    bundle: bytes
    least: float | None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        bundle = _bundle(self.bundle)
        for batch in batches:
            found = []
            for left, right, ours, theirs in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                one, other = _traits.decode(ours), _traits.decode(theirs)
                weight = bundle.weigh(one, other).total
                if self.least is None or weight >= self.least:
                    found.append((left, right, weight, bundle.guarded(one, other)))
            columns = zip(*found, strict=True) if found else [()] * len(_SCHEMA)
            yield pa.RecordBatch.from_arrays(
                [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA
            )


@cache
def _bundle(encoded: bytes) -> Bundle:
    return read_bundle(encoded, "the bundle sent to the worker")


def _records(prepared: Prepared, spec: Spec) -> pa.Table:
    traits = (msgspec.json.encode(prepared.traits(row)).decode() for row in range(prepared.n))
    columns = {ROW: pa.array(range(prepared.n), pa.int64()), _TRAITS: pa.array(traits, pa.string())}
    for at, block in enumerate(spec.blocks):
        columns[key_column(at)] = block_keys(prepared, block, spec.most_per_key)
    return pa.table(columns)


def _candidates_sql(spec: Spec) -> str:
    by_rule = " union ".join(
        f"select a.{ROW} as l, b.{ROW} as r from records a join records b "  # noqa: S608 - our own names
        f"on a.{key_column(at)} = b.{key_column(at)} and a.{ROW} < b.{ROW}"
        for at in range(len(spec.blocks))
    )
    return (
        f"select l, r, a.{_TRAITS} as ours, b.{_TRAITS} as theirs from ({by_rule}) "  # noqa: S608 - our own names
        f"join records a on a.{ROW} = l join records b on b.{ROW} = r"
    )

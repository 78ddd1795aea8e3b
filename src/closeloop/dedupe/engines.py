"""Which engine does the batch work: DuckDB in this process, or a Spark cluster, by configuration."""

from __future__ import annotations

from closeloop.dedupe.duckdb_engine import DuckDBEngine
from closeloop.dedupe.engine import Engine
from closeloop.dedupe.spark_engine import SparkEngine
from closeloop.words.errors import BadInput


def engine_at(address: str) -> Engine:
    """The engine of that address.

    Args:
        address: "duckdb"; or the master of a Spark cluster: "spark://host:7077", "local[2]".

    Raises:
        BadInput: it is none of these.
    """
    if address == "duckdb":
        return DuckDBEngine()
    if address.startswith(("spark://", "local[")):
        return SparkEngine(address)
    raise BadInput(f'there is no engine {address!r}; valid are "duckdb" and a Spark master such as "spark://host:7077"')

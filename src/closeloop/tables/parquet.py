"""The rows of a Parquet file, batch by batch, as what JSON can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from closeloop.words.errors import BadInput

_BATCH = 2000


def parquet_columns(path: Path) -> tuple[str, ...]:
    """The names of its columns.

    Raises:
        BadInput: it cannot be read, or a name stands twice.
    """
    names = tuple(_opened(path).schema_arrow.names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"{path}: has the column {', '.join(map(repr, twice))} twice; each column needs a name")
    return names


def parquet_rows(path: Path) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Every row, its number from 1 and its values in the order of the columns."""
    number = 0
    try:
        for batch in _opened(path).iter_batches(batch_size=_BATCH):
            for values in zip(*map(_values, batch.columns), strict=True):
                number += 1
                yield number, values
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read after row {number}: {error}; write it again") from None


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path}: is a Parquet file that cannot be opened ({error}); write it again") from None


def _values(column: pa.Array) -> list[object]:
    values: list[object] = column.to_pylist()
    as_they_are = any(test(column.type) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer))
    return values if as_they_are else [_plain(value) for value in values]


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if not isinstance(value, Decimal) else format(value, "f")

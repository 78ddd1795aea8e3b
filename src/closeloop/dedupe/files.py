"""Files of people as the batch takes them: one table of the fields that a bundle reads, however columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from closeloop.matching.spec import Spec, fields_of
from closeloop.tables.look import look
from closeloop.tables.meanings import columns_of, propose
from closeloop.tables.nouns import Row
from closeloop.tables.rows import rows
from closeloop.tables.sample import spread
from closeloop.words.errors import BadInput


def read_records(paths: Sequence[Path], spec: Spec) -> pa.Table:
    """The records of all files, in their order; lines that are refused are left out.

    A column is taken for the field whose name it has, else for the field that its content and heading mean.

    Raises:
        BadInput: a file cannot be read, or none of its columns is a field of the spec; says which there are.
    """
    fields = fields_of(spec)
    return pa.concat_tables([_read(path, fields) for path in paths])


def _read(path: Path, fields: Sequence[str]) -> pa.Table:
    seen = look(path)
    meant = columns_of(propose(seen, spread(rows(seen))))
    source = {field: field if field in seen.columns else meant.get(field, "") for field in fields}
    if not any(source.values()):
        raise BadInput(
            f"{path} has the columns {', '.join(seen.columns)}; the bundle needs some of {', '.join(fields)}. "
            "Rename the columns, or take a bundle made for such records"
        )
    said: dict[str, list[str]] = {field: [] for field in fields}
    for row in rows(seen):
        if isinstance(row, Row):
            for field, column in source.items():
                said[field].append(row.said(column) if column else "")
    return pa.table({field: pa.array(values, pa.string()) for field, values in said.items()})

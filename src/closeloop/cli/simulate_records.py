"""Records of a file entered into a simulated vendor: all of them, or every mistake with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from closeloop.process.faults import unknown
from closeloop.simulation import Simulated
from closeloop.tables.look import look, same_heading
from closeloop.tables.nouns import Look, Refused, Row
from closeloop.tables.rows import rows
from closeloop.words.errors import BadInput, Fault

_MOST_TOLD = 10


def enter_file(simulator: Simulated, system: str, given: str) -> str:
    """Enter what a file holds; says what was entered.

    Args:
        system: its name, for messages.
        given: OBJECT=FILE, the object and the columns under the vendor's names.

    Raises:
        BadInput: no such object or file, a column that is no field, or every record that the vendor refuses.
    """
    name, _, place = given.partition("=")
    objects = simulator.objects
    if not place:
        raise BadInput(f"--records {given}: valid is OBJECT=FILE, where {system} has {', '.join(sorted(objects))}")
    if name not in objects:
        raise BadInput(f"--records {given}: {unknown(f'{system} object', name, objects)}")
    found = look(Path(place), expect=objects[name])
    columns, left_out = _columns(found, name, objects[name])
    n_entered, faults = 0, list[Fault]()
    for row in rows(found):
        if isinstance(row, Refused):
            faults.append(Fault(place, row.line, f"column {row.column}: {row.reason}" if row.column else row.reason))
        elif isinstance(row, Row):
            try:
                simulator.enter(name, {field: row.said(column) for column, field in columns.items()})
                n_entered += 1
            except BadInput as error:
                faults.append(Fault(place, row.line, str(error)))
    _raise_if_any(faults)
    without = f", without {', '.join(left_out)}, which {system} says itself" if left_out else ""
    return f"{name}: {n_entered:,} record{'' if n_entered == 1 else 's'} of {place}{without}"


def _columns(found: Look, name: str, fields: Mapping[str, bool]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Column → the field that it is, and the columns that cannot be said of a new record."""
    known = {same_heading(field): field for field in fields}
    may = sorted(field for field, entered in fields.items() if entered)
    line = found.header_line or 1
    faults = [
        Fault(str(found.path), line, unknown(f"{name} field", column, may))
        for column in found.columns
        if same_heading(column) not in known
    ]
    _raise_if_any(faults)
    said = {column: known[same_heading(column)] for column in found.columns}
    return (
        {column: field for column, field in said.items() if fields[field]},
        tuple(column for column, field in said.items() if not fields[field]),
    )


def _raise_if_any(faults: Sequence[Fault]) -> None:
    if faults:
        more = [f"and {len(faults) - _MOST_TOLD} more"] if len(faults) > _MOST_TOLD else []
        raise BadInput("\n".join([*map(str, faults[:_MOST_TOLD]), *more]))

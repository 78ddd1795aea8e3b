"""The rows of a file that was looked at, one by one: memory stays small, and each knows its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import import_module

import msgspec

from closeloop.tables.nouns import Blank, Layout, Look, Part, Row
from closeloop.tables.sheets import sheet_rows
from closeloop.tables.text import csv_rows, json_rows


def rows(look: Look) -> Iterator[Part]:
    """Every row after the header, in order: a row, one that is refused, or a blank line, so that nothing is dropped.

    Of CSV and JSON lines the texts of all parts add up to the text after the header. Of a sheet or Parquet the text is
    the row as a line of JSON, a blank row an empty line, so that row and line are one number.

    Args:
        look: of the file, from `look.look`.
    """
    if look.kind == "parquet":
        return _parquet(look)
    if look.encoding is None:
        return _sheet(look)
    return _text(look, look.encoding)


def _text(look: Look, encoding: str) -> Iterator[Part]:
    errors = "surrogateescape" if look.tolerant else "strict"
    with look.path.open(encoding=encoding, errors=errors, newline="") as text:
        if look.layout is None:
            yield from json_rows(text)
        else:
            yield from csv_rows(text, look.layout, first_line=_pass_header(text, look, look.layout))


def _pass_header(lines: Iterator[str], look: Look, layout: Layout) -> int:
    line = 1
    while line < look.header_line:
        next(lines)
        line += 1
    if look.header_line:
        reader = csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=layout.spaced, strict=True)
        next(reader)
        line += reader.line_num
    return line


def _sheet(look: Look) -> Iterator[Part]:
    n_columns = len(look.columns)
    for number, cells in sheet_rows(look.path, look.sheet or ""):
        if number < look.first_line:
            continue
        if not any(cells):
            yield Blank(number, "\n")
            continue
        missing = [""] * (n_columns - len(cells))
        yield _as_json(number, dict(zip(look.columns, [*cells, *missing], strict=True)))


def _parquet(look: Look) -> Iterator[Part]:
    for number, values in import_module("closeloop.tables.parquet").parquet_rows(look.path):
        some = any(value is not None for value in values)
        yield _as_json(number, dict(zip(look.columns, values, strict=True))) if some else Blank(number, "\n")


def _as_json(number: int, cells: dict[str, object] | dict[str, str]) -> Row:
    return Row(number, msgspec.json.encode(cells).decode() + "\n", cells)

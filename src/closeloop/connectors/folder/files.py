"""The files of a folder: which belong to a name, whether one changed, and its rows, each with the line it stands on."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from closeloop.words.errors import BadInput, Transient

ENDINGS = (".csv", ".csv.gz", ".parquet")
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Csv:
    """How the CSV files are written."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it was when looked at. `sign` changes when it is written anew; `at` is when it was, in seconds."""

    path: Path
    sign: str
    at: float

    @property
    def name(self) -> str:
        """Its name in the folder."""
        return self.path.name


def find(folder: Path, source: str) -> list[File]:
    """The files of a name, or of a pattern with `*`, in the order of their names.

    Hidden files and those with another ending are left out: a file that is still being written is to have one.

    Raises:
        Transient: the folder cannot be looked at.
    """
    try:
        listed = sorted(path for path in folder.iterdir() if path.is_file())
        return [_looked_at(path) for path in listed if _belongs(path.name, source)]
    except OSError as error:
        raise Transient(f"folder {folder}: {error.strerror or error}; mount it, or correct `folder`") from None


def has_one(folder: Path, source: str) -> None:
    """Whether there is a file for a name without `*`.

    Raises:
        BadInput: there is none; says which are there.
    """
    if "*" in source or find(folder, source):
        return
    names = sorted(_stem(path.name) or "" for path in folder.iterdir() if _stem(path.name))
    close = get_close_matches(source, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    shown = ", ".join(names[:30]) or "none"
    raise BadInput(f"no file {source} with one of the endings {', '.join(ENDINGS)}; {hint}there are: {shown}")


def rows(file: File, style: Csv) -> Iterator[tuple[int, Row]]:
    """Each row with its line (CSV) or its number (Parquet), from 1.

    Raises:
        BadInput: the file cannot be read, or not from some line on; says where, and what to do.
    """
    try:
        if file.name.endswith(".parquet"):
            yield from _parquet_rows(file)
        else:
            yield from _csv_rows(file, style)
    except (OSError, EOFError, zlib.error) as error:
        what = str(error) or type(error).__name__
        raise BadInput(f"{file.name}: {what}; write the whole file anew, and rename it into place when done") from None


def columns(file: File, style: Csv) -> dict[str, str]:
    """Column → its type, in the order of the file.

    Raises:
        BadInput: the file cannot be read.
    """
    if file.name.endswith(".parquet"):
        with _parquet(file) as opened:
            return {field.name: str(field.type) for field in opened.schema_arrow}
    try:
        with _text(file, style) as text:
            return dict.fromkeys(_header(file, csv.reader(text, delimiter=style.delimiter)), "text")
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{file.name}: {error}; write the whole file anew") from None
    except UnicodeDecodeError as error:
        raise _not_encoded(file, style, error) from None


def _csv_rows(file: File, style: Csv) -> Iterator[tuple[int, Row]]:
    with _text(file, style) as text:
        reader = csv.reader(text, delimiter=style.delimiter, strict=True)
        try:
            header = _header(file, reader)
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise BadInput(
                        f"{file.name}:{reader.line_num}: {len(cells)} values; valid are {len(header)}, one for each"
                        " column; a value with the delimiter or a line break in it stands in double quotes"
                    )
                yield reader.line_num, dict(zip(header, cells, strict=True))
        except UnicodeDecodeError as error:
            raise _not_encoded(file, style, error) from None
        except csv.Error as error:
            raise BadInput(f"{file.name}:{reader.line_num}: {error}; close the quotes, double those inside") from None


def _header(file: File, reader: Iterator[list[str]]) -> list[str]:
    names = [name.strip() for name in next(reader, [])]
    if not any(names):
        raise BadInput(f"{file.name}: empty; valid is a first line with the names of the columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"{file.name}:1: the column {twice[0]!r} is there twice; give each its own name")
    return names


def _parquet_rows(file: File) -> Iterator[tuple[int, Row]]:
    number = 0
    with _parquet(file) as opened:
        try:
            for batch in opened.iter_batches(10_000):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
        except pa.ArrowException as error:
            raise BadInput(f"{file.name}: row {number + 1}: {_first_line(error)}; write the file anew") from None


def _parquet(file: File) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file.path)
    except pa.ArrowException as error:
        what = f"no whole Parquet file ({_first_line(error)})"
        raise BadInput(f"{file.name}: {what}; write it anew, and rename it into place when done") from None


def _text(file: File, style: Csv) -> TextIO:
    if file.name.endswith(".gz"):
        return cast("TextIO", gzip.open(file.path, "rt", encoding=style.encoding, newline=""))
    return file.path.open(encoding=style.encoding, newline="")


def _not_encoded(file: File, style: Csv, error: UnicodeDecodeError) -> BadInput:
    wrong, encoding = error.object[error.start : error.start + 1].hex(), style.encoding.removesuffix("-sig").upper()
    return BadInput(
        f"{file.name}:{_wrong_line(file, style)}: the byte {wrong} is not {encoding};"
        " save the file as UTF-8, or name its encoding in the setting `encoding`"
    )


def _wrong_line(file: File, style: Csv) -> int:
    # Texts are read in blocks, so the error itself does not know its line.
    with gzip.open(file.path) if file.name.endswith(".gz") else file.path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode(style.encoding)
            except UnicodeDecodeError:
                return number
    return 1


def _looked_at(path: Path) -> File:
    stat = path.stat()
    return File(path, f"{stat.st_size}-{stat.st_mtime_ns}", stat.st_mtime)


def _belongs(name: str, source: str) -> bool:
    stem = _stem(name)
    return stem is not None and fnmatchcase(stem, source)


def _stem(name: str) -> str | None:
    if name.startswith("."):
        return None
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), None)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""A process file and its tables into one frozen Process, or every mistake in them with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from closeloop.process.document import Document, Plain, read_document
from closeloop.process.faults import Faults
from closeloop.process.nouns import Process
from closeloop.process.read import read_schema
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.whole import resolve
from closeloop.words.errors import Fault, ProcessError

_TABLE = ".csv"
_DECLARED = ".yaml"


def load(path: Path) -> Process:
    """Read a process file and the tables that it names beside it.

    Raises:
        ProcessError: all mistakes found, in file order.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProcessError([Fault(str(path), 0, f"cannot be read: {error.strerror}")]) from None
    document = read_document(path.name, content)
    tables = [path.with_name(name) for name in _tables(document.plain)]
    files = {table.name: table.read_bytes() for table in tables if table.is_file()}
    return _resolve(document, {**files, path.name: content})


def load_files(files: Mapping[str, bytes], name: str) -> Process:
    """The same from bytes: `files` holds the process file under `name` and its tables, as in `Process.files`.

    Raises:
        ProcessError: all mistakes found, in file order.
    """
    if name not in files:
        raise ProcessError([Fault(name, 0, f"not among the files {', '.join(sorted(files))}")])
    return _resolve(read_document(name, files[name]), files)


def load_kept(files: Mapping[str, bytes]) -> Process:
    """The same from a version that was kept: the process file is the one that names the process.

    Raises:
        ProcessError: this version of Closeloop cannot use it; all mistakes found.
    """
    return load_files(files, main_file(files) or "")


def main_file(files: Mapping[str, bytes]) -> str | None:
    """The one of the files that names the process, as all others are named by it; None where none does."""
    return next((name for name in files if _names_process(name, files[name])), None)


def _names_process(name: str, content: bytes) -> bool:
    return not name.endswith(_TABLE) and re.search(rb"^(\xef\xbb\xbf)?process *:", content, re.MULTILINE) is not None


def _resolve(document: Document, files: Mapping[str, bytes]) -> Process:
    faults = Faults(document)
    part = read_schema(document, faults)
    if part is None:
        faults.raise_if_any()
        raise AssertionError("a file that does not fit the schema has faults")
    agreement = Agreement(part, files, faults, {document.file: files[document.file]})
    process = resolve(agreement)
    faults.raise_if_any()
    return process


def _tables(plain: Plain) -> Iterator[str]:
    # Before the schema is checked: whatever is a plain name of a table where a table is named.
    if not isinstance(plain, dict):
        return
    names = [plain.get("people"), plain.get("content")]
    regions = plain.get("regions")
    for region in regions.values() if isinstance(regions, dict) else ():
        calendar = region.get("calendar") if isinstance(region, dict) else None
        names.append(calendar.get("holidays") if isinstance(calendar, dict) else None)
    names.extend(_cleaning_tables(plain.get("fields")))
    sources = plain.get("sources")
    each = sources.values() if isinstance(sources, dict) else ()
    names.extend(source.get("declared") for source in each if isinstance(source, dict))
    for name in names:
        if isinstance(name, str) and name.endswith((_TABLE, _DECLARED)) and name == Path(name).name:
            yield name


def _cleaning_tables(fields: Plain) -> Iterator[Plain]:
    for rules in fields.values() if isinstance(fields, dict) else ():
        for rule in rules.values() if isinstance(rules, dict) else ():
            if isinstance(rule, dict):
                yield rule.get("clean")

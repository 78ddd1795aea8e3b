"""What a file's columns seem to mean, as a piece of the process file that a person confirms by putting it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from closeloop.inbox.files import NOTHING_SAID, Said
from closeloop.process.nouns import Process
from closeloop.process.sources import FileMapping
from closeloop.tables.headings import meaning_of
from closeloop.tables.look import look, same_heading
from closeloop.tables.meanings import Meaning, propose
from closeloop.tables.nouns import Look
from closeloop.tables.rows import rows
from closeloop.tables.sample import Sample, spread

_FORMS = {
    "email": "email", "phone": "phone", "mobile": "phone", "first_name": "person_name", "last_name": "person_name",
    "name": "person_name", "company": "company", "country": "country", "opted_out": "boolean",
    "is_converted": "boolean",
}  # fmt: skip
_OF_ACCOUNT = ("company", "website", "domain", "industry", "account_id")
_NO_FIELD = ("id", "created_at", "updated_at")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the columns of a file seem to mean.

    Attributes:
        values: name in paths → column, with what the process has already said.
        piece: of the process file, in YAML.
    """

    look: Look
    sample: Sample
    meanings: tuple[Meaning, ...]
    values: Mapping[str, str]
    piece: str


def propose_mapping(path: Path, process: Process, source_name: str, said: Said = NOTHING_SAID) -> Proposal:
    """Read a file and propose a mapping for it; what the process has already mapped, and the file has, stays.

    Args:
        path: of the file.
        process: in which the source may be declared already.
        source_name: of the source, there or new.
        said: encoding, delimiter or sheet, by a person.

    Raises:
        BadInput: the file cannot be read as a table.
    """
    source = process.sources.get(source_name)
    mapping = source.file if source else None
    found = look(
        path, encoding=said.encoding or (mapping.encoding if mapping else None),
        delimiter=said.delimiter or (mapping.delimiter if mapping else None), sheet=said.sheet,
        expect=tuple(mapping.values.values()) if mapping else (),
    )  # fmt: skip
    sample = spread(rows(found))
    meanings = propose(found, sample)
    values = dict(_values(meanings, mapping))
    key = _key(found, meanings, mapping)
    lines = (
        *_about(found, sample),
        *_source(source_name, key, values, meanings, found),
        *_fields(source_name, values, process),
    )
    return Proposal(found, sample, meanings, values, "\n".join(lines) + "\n")


def _values(meanings: Sequence[Meaning], mapping: FileMapping | None) -> Iterator[tuple[str, str]]:
    there = {same_heading(one.column): one.column for one in meanings}
    by_meaning = {one.meaning: one.column for one in meanings if one.meaning}
    taken = set()
    for name, column in (mapping.values if mapping else {}).items():
        instead = there.get(same_heading(column)) or by_meaning.get(meaning_of(name) or name)
        if instead is not None:
            taken.add(instead)
            yield name, instead
    known = set(mapping.values) if mapping else set()
    for meaning, column in by_meaning.items():
        if meaning not in _NO_FIELD and meaning not in known and column not in taken:
            yield meaning, column


def _key(found: Look, meanings: Sequence[Meaning], mapping: FileMapping | None) -> list[str]:
    there = {same_heading(column): column for column in found.columns}
    kept = [there[same_heading(column)] for column in (mapping.key if mapping else ()) if same_heading(column) in there]
    if mapping and mapping.key and len(kept) == len(mapping.key):
        return kept
    return [one.column for one in meanings if one.meaning == "id" and one.filled == 1]


def _about(found: Look, sample: Sample) -> Iterator[str]:
    yield f"# {_one_line(found.path.name)}: {sample.n_rows:,} rows, {sample.n_refused:,} that cannot be read"
    yield from (f"# {_one_line(str(choice))}" for choice in found.choices)
    yield "# Put this into the process file, and look at each line with a question mark first."


def _source(
    name: str, key: Sequence[str], values: Mapping[str, str], meanings: Sequence[Meaning], found: Look
) -> Iterator[str]:
    about = {one.column: one for one in meanings}
    yield "sources:"
    yield f"  {_text(name)}:"
    yield "    kind: file"
    if found.encoding and any(choice.what == "encoding" for choice in found.unsure):
        yield f"    encoding: {_text(found.encoding)}   # ? a guess"
    if found.delimiter and any(choice.what == "delimiter" for choice in found.unsure):
        yield f"    delimiter: {_text(found.delimiter)}   # ? others are possible"
    if key:
        yield f"    key: [{', '.join(map(_text, key))}]   # what identifies a row for ever"
    else:
        yield "    # key: []   name the columns that identify a row for ever; without, a changed file is another file"
    for one in meanings:
        if one.meaning == "created_at":
            yield f"    # time: {_text(one.column)}   if that is when a row happened; then say time_order and zone too"
    yield f"    values:{'' if values else ' {}'}"
    for value, column in values.items():
        yield f"      {_text(value)}: {_text(column)}   # {_why(about[column])}"
    for one in meanings:
        if one.column not in values.values() and one.column not in key and not one.meaning:
            yield f"      # left out: {_one_line(one.column)} ({_one_line(one.why)}){_such_as(one)}"


def _fields(source: str, values: Mapping[str, str], process: Process) -> Iterator[str]:
    known = {str(path) for rules in process.fields.values() for rule in rules.values() for path in rule.paths}
    new = [value for value in values if f"{source}.{value}" not in known]
    if not new:
        return
    yield "fields:"
    for entity in ("person", "account"):
        mine = [value for value in new if (value in _OF_ACCOUNT) == (entity == "account")]
        if mine:
            yield f"  {entity}:"
        for value in mine:
            path = f"{source}.{value}"
            there = process.fields.get(entity, {}).get(value)
            if there is not None:
                paths = ", ".join([*map(str, there.paths), path])
                yield f"    # {_text(value)}: is there already; add {path} to its `trust`, such as [{paths}]"
            else:
                key = ", key: strong" if value == "email" else ""
                yield f"    {_text(value)}: {{trust: [{_text(path)}], as: {_FORMS.get(value, 'text')}{key}}}"


def _why(one: Meaning) -> str:
    mark = "" if one.sure and not one.warning else "? "
    warning = f"; {one.warning}" if one.warning else ""
    return mark + _one_line(f"{one.why or 'the process says so'}{warning}") + _such_as(one)


def _such_as(one: Meaning) -> str:
    return f"; such as {_one_line(' | '.join(one.samples))}" if one.samples else ""


def _text(text: str) -> str:
    """A text in YAML, which JSON's quotes are too."""
    no_word = text.lower() in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if _PLAIN.fullmatch(text) and not no_word else msgspec.json.encode(text).decode()


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)

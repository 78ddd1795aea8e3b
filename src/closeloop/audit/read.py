"""Files into records: what each file is, what its columns mean, and every row as an entry of the base."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from closeloop.audit.base import Entry
from closeloop.audit.dates import date_reader
from closeloop.audit.nouns import Break, ColumnRead, FileRead
from closeloop.audit.systems import holds_of, system_of
from closeloop.matching.nouns import Given
from closeloop.tables.headings import MEANINGS
from closeloop.tables.look import look
from closeloop.tables.meanings import Meaning, columns_of, propose
from closeloop.tables.nouns import Look, Row
from closeloop.tables.rows import rows
from closeloop.tables.sample import spread
from closeloop.words.company import normalise_company
from closeloop.words.email import normalise_email
from closeloop.words.errors import BadInput
from closeloop.words.mailbox import company_domain
from closeloop.words.nothing import is_nothing

_GIVEN = ("first_name", "last_name", "name", "email", "title", "company", "city", "country")
_ALSO = (
    "id", "account_id", "lead_status", "lead_source", "source", "created_by", "owner", "campaign", "website", "domain",
    "is_converted", "converted_contact_id", "converted_account_id",
)  # fmt: skip
_STEP = 2000


@dataclass(frozen=True, slots=True)
class Named:
    """A file to audit: `system` "" is guessed; `columns` (meaning → header) come before what is proposed.

    `called` is how the report names it; "" is the file's own name.
    """

    path: Path
    system: str = ""
    columns: Mapping[str, str] | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file with its records; those of an accounts file are companies, with no person in them."""

    told: FileRead
    entries: tuple[Entry, ...]
    breaks: tuple[Break, ...]


def load(named: Named, on_rows: Callable[[int], None] = lambda _n: None) -> Loaded:
    """Read a file whole.

    Args:
        named: the file and what somebody said of it.
        on_rows: told now and then how many more rows were read.

    Raises:
        BadInput: it cannot be read, has no records, or no column tells people (or companies) apart.
    """
    seen = look(named.path)
    sample = spread(rows(seen))
    proposed = propose(seen, sample)
    used = {**_without_said(columns_of(proposed), named.columns or {}), **_checked(seen, named)}
    holds = holds_of(named.path, used)
    if not holds:
        raise BadInput(_unidentified(seen))
    system = named.system or system_of(named.path)
    name = named.called or named.path.name
    entries = _entries(seen, name, system, used, on_rows)
    if not entries:
        raise BadInput(
            f"{named.path} holds no records, only {len(seen.columns)} columns; export it again with its rows"
        )
    told = FileRead(
        name, system, holds, seen.kind, seen.encoding or "", seen.delimiter or "", seen.header_line,
        len(entries), sample.n_refused, _columns(proposed, used, named.columns or {}),
        tuple(map(str, seen.unsure)),
    )  # fmt: skip
    breaks = (Break(told.name, each.column, each.warning) for each in proposed if each.warning)
    return Loaded(told, tuple(entries), tuple(breaks))


def _checked(seen: Look, named: Named) -> Mapping[str, str]:
    for meaning, header in (named.columns or {}).items():
        if meaning not in MEANINGS:
            raise BadInput(f"--column {meaning}={header}: {meaning!r} is no meaning; valid are {', '.join(MEANINGS)}")
        if header not in seen.columns:
            raise BadInput(f"{named.path} has no column {header!r}; it has {', '.join(seen.columns)}")
    return named.columns or {}


def _without_said(proposed: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    taken = set(said.values())
    return {meaning: column for meaning, column in proposed.items() if column not in taken}


def _unidentified(seen: Look) -> str:
    return (
        f"{seen.path}: no column identifies a person (e-mail, phone, last name or whole name) or a company. "
        f"The columns seen are {', '.join(seen.columns)}. Name one by what it means, such as "
        f"--column email={seen.columns[0] if seen.columns else 'MAIL_ADDR'}; "
        "further meanings are last_name, name, phone and company"
    )


def _columns(proposed: Iterable[Meaning], used: Mapping[str, str], said: Mapping[str, str]) -> tuple[ColumnRead, ...]:
    meaning_of = {column: meaning for meaning, column in used.items()}
    return tuple(
        ColumnRead(
            each.column, meaning_of.get(each.column, ""), each.filled,
            "named on the command line" if each.column in said.values() else each.why,
        )
        for each in proposed
    )  # fmt: skip


def _entries(
    seen: Look, name: str, system: str, used: Mapping[str, str], on_rows: Callable[[int], None]
) -> list[Entry]:
    entries: list[Entry] = []
    for row in rows(seen):
        if isinstance(row, Row):
            entries.append(_entry(name, system, row, used))
            if len(entries) % _STEP == 0:
                on_rows(_STEP)
    on_rows(len(entries) % _STEP)
    return _dated(entries)


def _entry(file: str, system: str, row: Row, used: Mapping[str, str]) -> Entry:
    said = {meaning: row.said(used[meaning]) for meaning in (*_GIVEN, *_ALSO, "created_at") if meaning in used}
    phone = next((value for column in _phones(used) if (value := row.said(column))), "")
    given = Given(phone=phone, **{meaning: said[meaning] for meaning in _GIVEN if meaning in said})
    email = "" if is_nothing(given.email, "email") else normalise_email(given.email) or ""
    company = "" if is_nothing(given.company, "company") else normalise_company(given.company)
    site = said.get("domain") or said.get("website") or ""
    said["lead_source"] = said.get("lead_source") or said.pop("source", "")
    also = {meaning: value for meaning, value in said.items() if meaning not in _GIVEN and value}
    domain = company_domain(email) if email else None
    return Entry(file, system, row.line, given, email, domain or company_domain(site) or "", company, also)


def _phones(used: Mapping[str, str]) -> list[str]:
    return [used[meaning] for meaning in ("phone", "mobile") if meaning in used]


def _dated(entries: Sequence[Entry]) -> list[Entry]:
    read = date_reader(entry.also.get("created_at", "") for entry in entries)
    return [
        replace(entry, also={**entry.also, "created_at": read(said)})
        if (said := entry.also.get("created_at"))
        else entry
        for entry in entries
    ]

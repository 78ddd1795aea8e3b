"""The sources of a process as frozen values: what kind each is, what it is to the business, how its files are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from closeloop.rules import Rule


@dataclass(frozen=True, slots=True)
class Column:
    """Where one value of an imported row comes from: a column, read in a normal form."""

    column: str
    form: str


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How the rows of a file become messages.

    Attributes:
        delimiter, encoding: of a CSV; None is found in the file.
        key: columns that identify a row for ever; empty means the file's digest and the line number.
        time: column of the moment, or None for the time of the import in line order.
        time_order: "iso", "dmy", "mdy" or "ymd" for dates without a zone; never guessed.
        zone: of times without one.
        values: path name (what follows the source in `trust`) → column.
        visitor: column of the anonymous visitor's id, if any. No person is made of a visitor alone.
        person_per_row: the row itself is a person, under its key, when no strong key is in it.
        touch: touch kind that each row is; `touch_column` takes it from a column instead through `touch_names`.
        props: touch property → column ("campaign", "product", "url" are properties too).
        flags: name → condition over the row's columns; a row that meets it is kept and flagged.
    """

    delimiter: str | None
    encoding: str | None
    key: tuple[str, ...]
    time: str | None
    time_order: Literal["iso", "dmy", "mdy", "ymd"]
    zone: str
    values: Mapping[str, str]
    visitor: str | None
    person_per_row: bool
    touch: str | None
    touch_column: str | None
    touch_names: Mapping[str, str]
    props: Mapping[str, str]
    flags: Mapping[str, Rule]


Role = Literal["sales", "marketing", "other"]


@dataclass(frozen=True, slots=True)
class SourceDecl:
    """One source: its name in paths, and what kind of door or connector it comes through.

    Attributes:
        events: webform: name of a tracked event → touch kind ("Form Submitted" → "form.submitted").
        declared: sql, folder and rest: the text of the file that declares its records, whose name is `declared_in`.
        currency: of amounts that come without one.
        plays: the role that the process file gives it; None where the kind says it.
    """

    name: str
    kind: str
    events: Mapping[str, str] = field(default_factory=dict)
    file: FileMapping | None = None
    declared: str | None = None
    plays: Role | None = None
    declared_in: str = ""
    currency: str | None = None

    @property
    def role(self) -> Role:
        """What the system is to the business: where sellers work, where marketing works, or neither."""
        return self.plays or _ROLES.get(self.kind, "other")

    @property
    def connected(self) -> bool:
        """Whether a connector speaks with it."""
        return self.kind in _ROLES or self.declared is not None


_ROLES: Mapping[str, Role] = {
    "salesforce": "sales", "tryton": "sales", "marketo": "marketing", "eloqua": "marketing",
}  # fmt: skip

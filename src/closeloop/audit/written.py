"""The report on disk: a page to look at, JSON for programs, CSV to act on; nothing else is written anywhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from closeloop.audit.cleanup import write_groups
from closeloop.audit.nouns import Report
from closeloop.audit.page import as_html
from closeloop.audit.run import Audit
from closeloop.words.errors import BadInput

FORMAT = 1
"""Rises when a key of report.json changes its meaning or goes; new keys do not raise it."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where the three files are."""

    page: Path
    json: Path
    groups: Path


def write(found: Audit, folder: Path) -> Written:
    """Write report.html, report.json and groups.csv into `folder`, which is made when it is not there.

    Raises:
        BadInput: the folder cannot be made or written to.
    """
    paths = Written(folder / "report.html", folder / "report.json", folder / "groups.csv")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths.page.write_text(as_html(found.report), encoding="utf-8")
        paths.json.write_text(as_json(found.report), encoding="utf-8")
        with paths.groups.open("w", encoding="utf-8", newline="") as out:
            write_groups(found.base, out)
    except OSError as error:
        raise BadInput(
            f"{error.filename or folder} cannot be written: {error.strerror}; name a folder with --out"
        ) from error
    return paths


def as_json(report: Report) -> str:
    """The report as JSON: the fields of `nouns`, under `format`."""
    return msgspec.json.format(msgspec.json.encode({"format": FORMAT, **asdict(report)}).decode(), indent=1)

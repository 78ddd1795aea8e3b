"""What the hub wants written: one new CSV file for each verb, object and set of columns, put into place when whole.

A file is named by moment, object, verb and digest of its commands. Its columns are `command` (the command's key, by
which a row that was taken before is known), the id's columns or the key's, and those that are to be written. An empty
cell clears the column. The one who reads a file takes it away.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from closeloop.declared.values import as_text
from closeloop.ports import Clock, Value
from closeloop.words.errors import Transient

COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row to be written for a command."""

    key: str
    verb: str
    object: str
    row: Mapping[str, Value]


class Outgoing:
    """The folder that others take files from; made when the first is written."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    def written(self) -> set[str]:
        """Keys of the commands in files that nobody has taken away yet."""
        keys: set[str] = set()
        try:
            for path in self._folder.glob("*.csv"):
                with path.open(encoding="utf-8", newline="") as file:
                    keys.update(row[COMMAND] for row in csv.DictReader(file) if row.get(COMMAND))
        except OSError as error:
            raise _away(self._folder, error) from None
        return keys

    def write(self, wanted: Sequence[Wanted]) -> None:
        """Put the rows into files: all of one file or nothing.

        Raises:
            Transient: the folder cannot be written to.
        """
        alike: dict[tuple[str, str, tuple[str, ...]], list[Wanted]] = defaultdict(list)
        for each in wanted:
            alike[each.object, each.verb, tuple(each.row)].append(each)
        try:
            for (object_name, verb, columns), some in alike.items():
                self._folder.mkdir(exist_ok=True)
                self._write(f"{object_name}-{verb}", columns, some)
        except OSError as error:
            raise _away(self._folder, error) from None

    def _write(self, name: str, columns: Sequence[str], some: Sequence[Wanted]) -> None:
        digest = sha256("\n".join(each.key for each in some).encode()).hexdigest()[:12]
        whole = self._folder / f"{self._clock.now():%Y%m%dT%H%M%S%f}-{name}-{digest}.csv"
        part = whole.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([COMMAND, *columns])
            rows.writerows([each.key, *(as_text(each.row[name]) or "" for name in columns)] for each in some)
            file.flush()
            os.fsync(file.fileno())
        part.replace(whole)


def _away(folder: Path, error: OSError) -> Transient:
    return Transient(f"folder {folder}: {error.strerror or error}; let the hub's user read and write there")

"""Rows as the CSV of Salesforce's bulk interface, there and back.

An empty cell of what we send leaves the field as it is; a blank is said by a word of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from closeloop.connectors.salesforce.client import Body

BLANK = "#N/A"


def sayable(body: Body) -> bool:
    """Whether a record can be said in CSV: a text that is itself the word for blank cannot."""
    return BLANK not in body.values()


def columns_of(bodies: Iterable[Body]) -> list[str]:
    """Every field that any of them has, the id under the name that CSV has for it."""
    names = dict.fromkeys(name for body in bodies for name in body if name != "attributes")
    return ["Id" if name == "id" else name for name in names]


def to_csv(bodies: Sequence[Body]) -> str:
    """The table that is uploaded: lines end with LF, a record lacks what it does not say."""
    names = columns_of(bodies)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for body in bodies:
        writer.writerow([_cell(body, "id" if name == "Id" else name) for name in names])
    return text.getvalue()


def from_csv(text: str) -> Iterator[Mapping[str, str]]:
    """The rows of a table that Salesforce sends; nothing at all where there are none."""
    return iter(csv.DictReader(io.StringIO(text, newline="")))


def _cell(body: Body, name: str) -> str:
    if name not in body:
        return ""
    value = body[name]
    if value is None or value == "":
        return BLANK
    return str(value).lower() if isinstance(value, bool) else str(value)

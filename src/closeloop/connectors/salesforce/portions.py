"""Many ids in queries of a length that Salesforce takes, and their values in its quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from closeloop.connectors.salesforce.batches import in_parts

IDS_A_QUERY = 200


def portions(values: Iterable[str], size: int = IDS_A_QUERY) -> Iterator[list[str]]:
    """The different values, in order, some at a time."""
    return in_parts(dict.fromkeys(values), size)


def quoted(values: Iterable[str]) -> str:
    """What stands between the brackets of IN."""
    return ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)

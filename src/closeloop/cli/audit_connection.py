"""What a connected system holds, as files for the audit: read through its connector, gone with the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from closeloop.audit.read import Named
from closeloop.cli.installation import Installation
from closeloop.ports import Connector, Record
from closeloop.words.errors import BadInput

_HELD = ("person", "account")


@contextmanager
def exported(
    installation: Installation, sources: Sequence[str], on_records: Callable[[int], None]
) -> Iterator[list[Named]]:
    """The people and accounts of these systems, a file for each kind of record, for as long as the block lasts.

    Args:
        sources: names of sources in the process file.
        on_records: told now and then how many more records were read.

    Raises:
        BadInput: a source is not connected, or holds nobody.
        Transient, Permanent: it cannot be read.
    """
    with TemporaryDirectory(prefix="closeloop-audit-") as folder:
        found: list[Named] = []
        for source in sources:
            with installation.reading(source) as end:
                found += _files(source, _records(end, on_records), Path(folder))
        yield found


def _records(end: Connector, on_records: Callable[[int], None]) -> list[Record]:
    """Every record as it stands now; what was deleted, merged or converted away is not one any more."""
    standing: dict[tuple[str, str], Record] = {}
    cursor, more = None, True
    while more:
        page = end.pull(cursor)
        standing.update({(record.object, record.id): record for record in page.records if record.entity in _HELD})
        cursor, more = page.cursor, page.more
        on_records(len(page.records))
    return [record for record in standing.values() if not record.deleted and not record.became]


def _files(source: str, records: Sequence[Record], folder: Path) -> Iterator[Named]:
    kinds = sorted({record.object for record in records})
    if not any(record.entity == "person" for record in records):
        raise BadInput(f"{source} holds no people; check which records its user may see")
    for kind in kinds:
        path = folder / f"{source}-{kind}.jsonl"
        lines = [msgspec.json.encode({"Id": record.id, **record.fields}) for record in records if record.object == kind]
        path.write_bytes(b"\n".join(lines) + b"\n")
        yield Named(path, source, called=f"{source} {kind}")

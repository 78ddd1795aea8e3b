"""Where in the process file something was agreed: its file and the line."""

from __future__ import annotations

from closeloop.process.document import Document, read_document
from closeloop.process.load import main_file
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process


def line_of(process: Process, *at: str | int) -> int:
    """The line of a place ("fields", "person", "title"), or of the closest one around it; 0 where there is none."""
    document = _document(process)
    return document.line(at) if document is not None and at and at[:1] in document.lines else 0


def lines_of(process: Process) -> list[str]:
    """The process file, line by line; none where there is no file."""
    name = main_file(process.files)
    return [] if name is None else process.files[name].decode("utf-8-sig").splitlines()


def decided_at(process: Process, why: str) -> tuple[str, int]:
    """The place that a text signed by a process names, and its line: "b2b@7 stages.field, won" is "stages.field".

    Returns:
        "" and 0 where the file has no such place.
    """
    _, _, after = why.partition(" ")
    place = after.split(",")[0].split(":")[0].split(" ")[0]
    line = line_of(process, *place.split("."))
    return (place, line) if line else ("", 0)


@once_per_process
def _document(process: Process) -> Document | None:
    name = main_file(process.files)
    return None if name is None else read_document(name, process.files[name])

"""From a receipt to the messages in it: which door it came through decides how it is read."""

from __future__ import annotations

import msgspec

from closeloop.inbox.answers import read_answers
from closeloop.inbox.clicks import read_clicks
from closeloop.inbox.erased import HEADER, with_placeholders
from closeloop.inbox.keys import nameless_id
from closeloop.inbox.matched import read_matched
from closeloop.inbox.nouns import Message, Receipt, SetAside
from closeloop.inbox.records import read_records
from closeloop.inbox.rescores import read_rescores
from closeloop.inbox.rows import read_rows
from closeloop.inbox.segment import read_segment
from closeloop.inbox.ticks import read_ticks
from closeloop.process.nouns import Process
from closeloop.process.sources import SourceDecl
from closeloop.words.errors import BadInput

Read = list[Message | SetAside]


def read(receipt: Receipt, process: Process) -> Read:
    """Every message in a receipt, in order; what cannot be used is set aside with its reason.

    A receipt that cannot be read at all gives one `SetAside`; a version of the process gives none.
    """
    try:
        found = _by_door(receipt, process)
    except (BadInput, msgspec.DecodeError) as error:
        key = nameless_id(receipt, 0, receipt.body)
        found = [SetAside(key, receipt.source, receipt.id, 0, receipt.received_at, str(error))]
    return with_placeholders(receipt, found) if HEADER in receipt.headers else found


def _by_door(receipt: Receipt, process: Process) -> Read:
    match receipt.door:
        case "segment":
            return read_segment(receipt, process, _source(receipt, process))
        case "import":
            return read_rows(receipt, process, _source(receipt, process))
        case "pull":
            return [*read_records(receipt, process)]
        case "answer":
            return [*read_answers(receipt)]
        case "time":
            return [*read_ticks(receipt)]
        case "desk":
            return [*read_clicks(receipt)]
        case "match":
            return [*read_matched(receipt)]
        case "rescore" | "again":
            return [*read_rescores(receipt, process)]
        case "process":
            return []


def _source(receipt: Receipt, process: Process) -> SourceDecl:
    try:
        return process.sources[receipt.source]
    except KeyError:
        valid = ", ".join(process.sources)
        raise BadInput(f"{process.signed} has no source {receipt.source!r}; valid are {valid}") from None

"""What is decided about again: parts of the base by a changed process, people whom a change elsewhere concerns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.nouns import Message, Receipt, Rescore
from closeloop.process.nouns import Process
from closeloop.words.errors import BadInput

SIGNED = "signed"
"""Header: the version of the process for which it was planned."""
_RESCORES = msgspec.json.Decoder(list[Rescore])


def encode_rescores(parts: Sequence[Rescore]) -> bytes:
    """The body of a receipt of door "rescore" or "again"."""
    return msgspec.json.encode(parts)


def read_rescores(receipt: Receipt, process: Process) -> list[Message]:
    """One message for each part.

    Raises:
        BadInput: a re-score was planned for another version of the process.
        msgspec.DecodeError: not a body of `encode_rescores`.
    """
    if receipt.door == "rescore" and (signed := receipt.headers.get(SIGNED)) != process.signed:
        raise BadInput(
            f"a re-score by {signed} was taken by a hub with {process.signed}; start that hub with the newest process "
            "file, then run `closeloop rescore --apply` again"
        )
    return [
        Message(
            f"{receipt.source}:{receipt.id}:{position}", receipt.source, receipt.id, position, "rescore",
            receipt.received_at, receipt.received_at, rescore=part,
        )
        for position, part in enumerate(_RESCORES.decode(receipt.body))
    ]  # fmt: skip

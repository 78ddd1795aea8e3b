"""Clocks that have run out: time is a source too."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.nouns import Due, Message, Receipt
from closeloop.words.moment import to_us

_DUE = msgspec.json.Decoder(list[Due])


def encode_due(due: Sequence[Due]) -> bytes:
    """The body of a receipt of door "time"."""
    return msgspec.json.encode(due)


def read_ticks(receipt: Receipt) -> list[Message]:
    """One message for each clock. A clock that was wound to a moment runs out once.

    Raises:
        msgspec.DecodeError: not a body of `encode_due`.
    """
    return [
        Message(
            f"{receipt.source}:{due.lead_id}:{due.clock}:{to_us(due.due_at)}", receipt.source, receipt.id, position,
            "time", due.due_at, receipt.received_at, due=due,
        )
        for position, due in enumerate(_DUE.decode(receipt.body))
    ]  # fmt: skip

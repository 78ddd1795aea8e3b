"""Pairs of people that a pass over the whole base found alike: they come in like everything else."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.nouns import Matched, Message, Receipt

_MATCHED = msgspec.json.Decoder(list[Matched])


def encode_matched(pairs: Sequence[Matched]) -> bytes:
    """The body of a receipt of door "match"."""
    return msgspec.json.encode(pairs)


def read_matched(receipt: Receipt) -> list[Message]:
    """One message for each pair.

    Raises:
        msgspec.DecodeError: not a body of `encode_matched`.
    """
    key = receipt.headers.get("key", receipt.id)
    return [
        Message(
            f"{receipt.source}:{key}:{position}", receipt.source, receipt.id, position, "match",
            receipt.received_at, receipt.received_at, matched=matched,
        )
        for position, matched in enumerate(_MATCHED.decode(receipt.body))
    ]  # fmt: skip

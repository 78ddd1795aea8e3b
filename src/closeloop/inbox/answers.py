"""A vendor's answers to commands: receipts like any other, so that a replay needs no vendor."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.nouns import Message, Receipt
from closeloop.ports import Answer

_ANSWERS = msgspec.json.Decoder(list[Answer])


def encode_answers(answers: Sequence[Answer]) -> bytes:
    """The body of a receipt of door "answer"."""
    return msgspec.json.encode(answers)


def read_answers(receipt: Receipt) -> list[Message]:
    """One message for each answer; each attempt at a command has its own.

    Raises:
        msgspec.DecodeError: not a body of `encode_answers`.
    """
    return [
        Message(
            f"{receipt.source}:answer:{answer.key}:{receipt.id}", receipt.source, receipt.id, position, "answer",
            receipt.received_at, receipt.received_at, answer=answer,
        )
        for position, answer in enumerate(_ANSWERS.decode(receipt.body))
    ]  # fmt: skip

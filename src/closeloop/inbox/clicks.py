"""What people do on the console and the command line."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.nouns import Click, Message, Receipt

_CLICKS = msgspec.json.Decoder(list[Click])


def encode_clicks(clicks: Sequence[Click]) -> bytes:
    """The body of a receipt of door "desk". A header "key" makes a click sent twice one click."""
    return msgspec.json.encode(clicks)


def read_clicks(receipt: Receipt) -> list[Message]:
    """One message for each click.

    Raises:
        msgspec.DecodeError: not a body of `encode_clicks`.
    """
    key = receipt.headers.get("key", receipt.id)
    return [
        Message(
            f"{receipt.source}:{key}:{position}", receipt.source, receipt.id, position, "click",
            receipt.received_at, receipt.received_at, click=click,
        )
        for position, click in enumerate(_CLICKS.decode(receipt.body))
    ]  # fmt: skip

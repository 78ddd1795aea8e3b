"""The keys of messages: what the sender calls a message, or a digest where it has no name."""

from __future__ import annotations

from hashlib import blake2b

from closeloop.inbox.nouns import Receipt
from closeloop.words.errors import BadInput
from closeloop.words.text import has_unfit

LONGEST = 200


def message_id(source: str, key: str) -> str:
    """The id of the message that its source calls `key`; a key too long for an index is held as its digest.

    Raises:
        BadInput: the key has control characters.
    """
    if has_unfit(key):
        raise BadInput("messageId: has a control character; valid is text such as a UUID")
    return f"{source}:{key}" if len(key) <= LONGEST else f"{source}:{digest(key.encode())}"


def nameless_id(receipt: Receipt, position: int, raw: bytes) -> str:
    """The id of a message without a key: each delivery of it is another one."""
    return f"{receipt.source}:{digest(raw, receipt.id.encode(), str(position).encode())}"


def nameless_id_of(source: str, receipt_id: str, position: int) -> str:
    """The id of a message whose own key cannot be kept: where it stands."""
    return f"{source}:{digest(receipt_id.encode(), str(position).encode())}"


def digest(*parts: bytes, size: int = 16) -> str:
    """BLAKE2b of the parts, `size` octets in hexadecimal."""
    return blake2b(b"\x1f".join(parts), digest_size=size).hexdigest()

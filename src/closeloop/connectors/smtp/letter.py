"""A mail command as a message (RFC 5322): text, an HTML alternative, and an id made of the command's key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from hashlib import blake2b

from closeloop.ports import Command
from closeloop.words.email import normalise_email
from closeloop.words.errors import Permanent
from closeloop.words.text import one_line


def recipients(command: Command) -> list[str]:
    """The addresses of `to`, a list in the form of a header: "Sato <sato@acme.example>, joe@acme.example".

    Raises:
        Permanent: there is none, or one is not an address.
    """
    said = str(command.fields.get("to") or "")
    found = [address for _, address in getaddresses([one_line(said)])]
    if not found or not all(normalise_email(address) for address in found):
        raise Permanent(f"to = {said!r}: not an e-mail address; valid is joe@acme.example")
    return found


def compose(command: Command, to: Sequence[str], sender: str, now: datetime) -> EmailMessage:
    """The message. A repeated command makes the same Message-ID, so that whoever gets it twice can tell.

    Raises:
        Permanent: there is nothing to say, or a header cannot be written.
    """
    text, html = command.fields.get("text"), command.fields.get("html")
    if not text:
        raise Permanent("mail needs fields['text']; html is an alternative to it")
    message = EmailMessage()
    try:
        message["From"] = sender
        message["To"] = [Address(addr_spec=address) for address in to]
        message["Subject"] = one_line(str(command.fields.get("subject") or ""))
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id(command.key, sender)
        # RFC 3834: no holiday notes in answer to an alert.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(str(text))
        if html:
            message.add_alternative(str(html), subtype="html")
    except ValueError as error:
        raise Permanent(f"the message for {', '.join(to)} cannot be written: {error}") from error
    return message


def message_id(key: str, sender: str) -> str:
    """The id of the message that a command with this key sends, always the same."""
    (_, address), *_ = getaddresses([sender])
    return f"<{blake2b(key.encode(), digest_size=16).hexdigest()}@{address.rpartition('@')[2]}>"

"""The process b2b with records of the business's own, and orders that a CRM tells of."""

from __future__ import annotations

from closeloop.ports import Ref
from closeloop.process.nouns import Process
from support.versions import version

CONTACT, ACCOUNT = Ref("Contact", "0035g00000A0001AAA"), Ref("Account", "0015g00000A0001AAA")


def b2b_with(more: str, *swaps: tuple[str, str]) -> Process:
    """b2b with `more` at its end, and the first text of each pair replaced by the second."""
    return version(7, *swaps, more=more)

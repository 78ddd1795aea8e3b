"""The process b2b with records of the business's own, and orders that a CRM tells of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from closeloop.ports import Ref
from closeloop.process.load import load_files
from closeloop.process.nouns import Process

PROCESSES = Path(__file__).parents[2] / "processes"
CONTACT, ACCOUNT = Ref("Contact", "0035g00000A0001AAA"), Ref("Account", "0015g00000A0001AAA")


@cache
def b2b_with(more: str, *swaps: tuple[str, str]) -> Process:
    """b2b with `more` at its end, and each first text replaced by the second."""
    text = (PROCESSES / "b2b.yaml").read_text()
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    names = ["team.csv", "content.csv", "holidays-de.csv", "holidays-no.csv"]
    files = {name: (PROCESSES / name).read_bytes() for name in names}
    return load_files({**files, "b2b.yaml": (text + more).encode()}, "b2b.yaml")

"""Texts that a spreadsheet would run as a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """The cell as a text that is only shown; a number or a phone number is none to run."""
    # Anybody may have typed these values, or named a campaign in an address.
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    return cell[0] in "+-" and cell[1:].replace(" ", "").replace(".", "").replace("-", "").isdigit()

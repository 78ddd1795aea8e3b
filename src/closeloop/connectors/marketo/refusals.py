"""What Marketo's error codes mean for a caller: worth another try, or not, and why in plain words.

Source: the vendor's list of error codes (REST API, Error Codes); all of them come inside HTTP 200.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from closeloop.connectors.marketo.shapes import Reason
from closeloop.ports import Value
from closeloop.words.errors import EndError, Permanent, Transient

TOKEN_REFUSED = frozenset({"600", "601", "602"})
LEAD_GONE = frozenset({"1004", "1013"})
NOT_IN_LIST = "1015"
BAD_VALUE = "1003"

_TRANSIENT = frozenset({"502", "601", "602", "604", "608", "611", "615", "713"})
_RATE, _QUOTA = "606", "607"
_RATE_WINDOW = timedelta(seconds=20)
_QUOTA_ZONE = ZoneInfo("America/Chicago")


class Refused(Permanent):
    """Marketo refused a call as a whole; `code` is its own."""

    def __init__(self, code: str, what: str) -> None:
        self.code = code
        super().__init__(what)


def of_call(causes: Sequence[Reason], what: str, now: datetime) -> EndError:
    """The error to raise for a call that was refused as a whole; `what` names the call."""
    first = causes[0] if causes else Reason("", "no error was given")
    text = f"Marketo refused {what}: {first.message} (code {first.code})"
    if first.code == _RATE:
        return Transient(text, _RATE_WINDOW)
    if first.code == _QUOTA:
        return Transient(text, until_quota_resets(now))
    if first.code in _TRANSIENT:
        return Transient(text)
    return Refused(first.code, text)


def until_quota_resets(now: datetime) -> timedelta:
    """How long until the daily quota starts anew: midnight in US Central time."""
    local = now.astimezone(_QUOTA_ZONE)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(now.tzinfo) - now


def of_record(causes: Sequence[Reason], row: Mapping[str, Value]) -> str:
    """Why one record was refused, with the field and value that the vendor's message points to.

    Args:
        causes: as the vendor gave them.
        row: what was sent, under the vendor's names.
    """
    return "; ".join(f"{_pointed_at(one.message, row)}{one.message} (Marketo code {one.code})" for one in causes)


def _pointed_at(message: str, row: Mapping[str, Value]) -> str:
    for name, value in row.items():
        if f"'{name}'" in message or (value is not None and f"'{value}'" in message):
            return f"{name} = {value!r}: "
    return ""

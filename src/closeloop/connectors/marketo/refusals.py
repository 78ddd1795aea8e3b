"""What Marketo's error codes mean for a caller: worth another try, or not, and what to do, in plain words.

Source: the vendor's list of error codes (REST API, Error Codes); all of them come inside HTTP 200.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from closeloop.connectors.marketo.shapes import Field, Reason
from closeloop.ports import Value
from closeloop.words.errors import EndError, Permanent, Transient

TOKEN_REFUSED = frozenset({"600", "601", "602"})
LEAD_GONE = frozenset({"1004", "1013"})
NOT_IN_LIST = "1015"
BAD_VALUE = "1003"
EXISTS = "1005"

_TRANSIENT = frozenset({"502", "601", "602", "604", "608", "611", "615", "713", "719", "1019", "1022"})
_RATE, _QUOTA = "606", "607"
_FULL = frozenset({"1016", "1029"})
"""Too many imports or exports wait, or the day's export quota is used up; the vendor's message says which."""
_RATE_WINDOW = timedelta(seconds=20)
_JOB_LOOKED_AT_EVERY = timedelta(minutes=1)
_QUOTA_ZONE = ZoneInfo("America/Chicago")

_TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "600": "check the client id and secret of its API user",
        "603": "give the role of the API user the right it lacks (Read-Write Lead, Read-Only Activity, Read-Only "
        "Assets), and let the hub's address in where access goes by address",
        "609": "this is a fault of the connector: report it with the message",
        "610": "the address is not Marketo's REST endpoint, or Marketo has retired this API: check the setting url "
        "against Admin, Web Services, or upgrade",
        "612": "this is a fault of the connector: report it with the message",
        "1002": "fill the field that is missing",
        "1006": "the field was deleted or renamed in Marketo: make it anew there with this REST name, or take it out "
        "of the process file or the setting fields",
        "1007": "merge the duplicates in Marketo, or give the lead's id",
        "1008": "give the API user access to this lead's partition",
        "1009": "the API user sees several partitions: give it one",
        "1010": "this lead is in another partition: move it in Marketo",
        "1011": "leads cannot be looked up by this field: only by string, email and integer fields",
        "1018": "the CRM behind Marketo is the master of this record: change it there",
        "1021": "the company is the CRM's: change it there",
        "1025": "the programme's channel has no such status: set programme_status to one that it has",
        "1035": "this subscription lacks that filter: ask Marketo's support for it",
        "1076": "the CRM behind Marketo takes no part in this merge: merge the records there",
        "1077": "the CRM behind Marketo refused the merge: a value is too long for its field there",
        "1078": "the CRM behind Marketo refused the merge: the record is gone there",
        "1079": "merge fewer records at a time",
        "1080": "the CRM behind Marketo refused the merge: merge the records there",
    }
)


class Refused(Permanent):
    """Marketo refused a call as a whole; `code` is its own."""

    def __init__(self, code: str, what: str) -> None:
        self.code = code
        super().__init__(what)


def of_call(causes: Sequence[Reason], what: str, now: datetime) -> EndError:
    """The error to raise for a call that was refused as a whole; `what` names the call."""
    first = causes[0] if causes else Reason("", "no error was given")
    text = f"Marketo refused {what}: {_said(first)}"
    if first.code == _RATE:
        return Transient(text, _RATE_WINDOW)
    if first.code == _QUOTA or (first.code in _FULL and "quota" in first.message.lower()):
        return Transient(text, until_quota_resets(now))
    if first.code in _FULL:
        return Transient(text, _JOB_LOOKED_AT_EVERY)
    if first.code in _TRANSIENT:
        return Transient(text)
    return Refused(first.code, text)


def of_identity(status: int) -> str:
    """What to do when the token is refused for good, by HTTP status."""
    return (
        f"Marketo refused us (HTTP {status}): check the client id and secret of its API user, "
        "and that its custom service still exists (Admin, LaunchPoint)"
    )


def until_quota_resets(now: datetime) -> timedelta:
    """How long until the daily quota starts anew: midnight in US Central time."""
    local = now.astimezone(_QUOTA_ZONE)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(now.tzinfo) - now


def of_record(causes: Sequence[Reason], row: Mapping[str, Value], fields: Mapping[str, Field] | None = None) -> str:
    """Why one record was refused: the field and value that the vendor's message points to, and what is valid there.

    Args:
        causes: as the vendor gave them.
        row: what was sent, under the vendor's names.
        fields: as the vendor describes them, if that is known.
    """
    return "; ".join(f"{_pointed_at(one.message, row, fields or {})}{_said(one, 'Marketo code')}" for one in causes)


def of_import(said: str, row: Mapping[str, Value], fields: Mapping[str, Field]) -> str:
    """Why one row of a file was refused; files of failures give no codes."""
    return f"{_pointed_at(said, row, fields)}{said} (Marketo's import)"


def _said(cause: Reason, code: str = "code") -> str:
    to_do = _TO_DO.get(cause.code)
    return f"{cause.message} ({code} {cause.code})" + (f"; {to_do}" if to_do else "")


def _pointed_at(message: str, row: Mapping[str, Value], fields: Mapping[str, Field]) -> str:
    for name, value in row.items():
        if f"'{name}'" in message or (value is not None and f"'{value}'" in message):
            field = fields.get(name)
            return f"{name} = {value!r}{_valid(field) if field else ''}: "
    return ""


def _valid(field: Field) -> str:
    if not field.updateable:
        return " (valid is nothing: the field cannot be written)"
    return f" (valid is {field.data_type}" + (f" of at most {field.length} characters)" if field.length else ")")

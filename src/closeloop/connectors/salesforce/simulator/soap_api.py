"""The vendor's SOAP interface over one organisation, as far as the hub uses it: merge, with its results and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.salesforce.simulator.fields import Field, Refused, VendorError
from closeloop.connectors.salesforce.simulator.merging import merge
from closeloop.connectors.salesforce.simulator.objects import OBJECTS
from closeloop.connectors.salesforce.simulator.org import Org
from closeloop.ports import Value

PATH = "/services/Soap/u/62.0"
_MOST_MERGES = 200
_CALL = "{urn:partner.soap.sforce.com}"
_RECORD = "{urn:sobject.partner.soap.sforce.com}"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com">{header}<soapenv:Body>{body}'
    "</soapenv:Body></soapenv:Envelope>"
)
_LIMITS = (
    "<soapenv:Header><LimitInfoHeader><limitInfo><current>{used}</current><limit>{allowed}</limit>"
    "<type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>"
)
_NUMBERS: Mapping[str, Callable[[str], Value]] = {"int": int, "double": float, "currency": float}


class _Fault(Exception):
    """The call as a whole is refused."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class SoapApi:
    """The endpoint.

    Args:
        org: whose records these are.
        has_session: whether a token is good now.
        allowed: how many calls a day may be made.
    """

    def __init__(self, org: Org, has_session: Callable[[str], bool], allowed: Callable[[], int]) -> None:
        self._org, self._has_session, self._allowed = org, has_session, allowed
        self.route = Route(PATH, self._endpoint, methods=["POST"])

    async def _endpoint(self, request: Request) -> Response:
        body = await request.body()
        try:
            with self._org.lock:
                results = self._merge(ET.fromstring(body))  # noqa: S314 - only the hub calls its own simulator
        except _Fault as fault:
            return _said(_fault(fault.code, str(fault)), status=500)
        except ET.ParseError as error:
            return _said(_fault("soapenv:Client", str(error)), status=500)
        header = _LIMITS.format(used=self._org.faults.calls_today, allowed=self._allowed())
        return _said(f"<mergeResponse>{results}</mergeResponse>", header=header)

    def _merge(self, envelope: Element) -> str:
        session = envelope.find(f".//{_CALL}SessionHeader/{_CALL}sessionId")
        if session is None or not self._has_session(session.text or ""):
            raise _Fault("INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
        call = envelope.find(f".//{_CALL}merge")
        requests = [] if call is None else list(call)
        if len(requests) > _MOST_MERGES:
            raise _Fault("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST_MERGES} records")
        asked = [
            _asked(request) for request in requests
        ]  # what is wrong with the call is found before anything is done
        return "".join(self._one(*one) for one in asked)

    def _one(self, object_name: str, survivor: Mapping[str, Value], loser_ids: Sequence[str]) -> str:
        try:
            moved = merge(self._org, object_name, survivor, loser_ids, by=self._org.me)
        except Refused as refused:
            errors = "".join(map(_error, refused.errors))
            return f"<result>{errors}<id>{survivor['id']}</id><success>false</success></result>"
        merged = "".join(f"<mergedRecordIds>{loser_id}</mergedRecordIds>" for loser_id in loser_ids)
        related = "".join(f"<updatedRelatedIds>{record_id}</updatedRelatedIds>" for record_id in moved)
        return f"<result><id>{survivor['id']}</id>{merged}<success>true</success>{related}</result>"


def _asked(request: Element) -> tuple[str, dict[str, Value], list[str]]:
    """The object, the survivor's id and fields, and the losers of one merge."""
    master = request.find(f"{_CALL}masterRecord")
    said = {} if master is None else {each.tag.removeprefix(_RECORD): each.text or "" for each in master}
    object_name, record_id = said.pop("type", ""), said.pop("Id", "")
    if object_name not in OBJECTS:
        raise _Fault("INVALID_TYPE", f"INVALID_TYPE: sObject type '{object_name}' is not supported.")
    fields = OBJECTS[object_name].fields
    for name in said:
        if name not in fields and name != "fieldsToNull":
            raise _Fault("INVALID_FIELD", f"INVALID_FIELD: No such column '{name}' on entity '{object_name}'")
    values: dict[str, Value] = {name: _typed(fields[name], text) for name, text in said.items() if name in fields}
    blank = [] if master is None else [each.text or "" for each in master.findall(f"{_RECORD}fieldsToNull")]
    losers = [each.text or "" for each in request.findall(f"{_CALL}recordToMergeIds")]
    return object_name, {**values, **dict.fromkeys(blank), "id": record_id}, losers


def _typed(field: Field, text: str) -> Value:
    if field.type == "boolean":
        return text == "true"
    try:
        return _NUMBERS.get(field.type, str)(text)
    except ValueError as error:
        raise _Fault("soapenv:Client", f"'{text}' is not a valid value for the type xsd:{field.type}") from error


def _error(error: VendorError) -> str:
    fields = "".join(f"<fields>{name}</fields>" for name in error.fields)
    what = f"<message>{escape(error.message)}</message><statusCode>{error.code}</statusCode>"
    return f"<errors>{fields}{what}</errors>"


def _fault(code: str, message: str) -> str:
    own = ":" not in code
    detail = f"<detail><sf:fault><sf:exceptionCode>{code}</sf:exceptionCode></sf:fault></detail>" if own else ""
    named = f"<faultcode>{'sf:' if own else ''}{code}</faultcode><faultstring>{escape(message)}</faultstring>"
    return f"<soapenv:Fault>{named}{detail}</soapenv:Fault>"


def _said(body: str, *, header: str = "", status: int = 200) -> Response:
    return Response(_ENVELOPE.format(header=header, body=body), status, media_type="text/xml; charset=utf-8")

"""The vendor's SOAP interface over one organisation, as far as the hub uses it, with its results and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.salesforce.simulator.conversion import convert
from closeloop.connectors.salesforce.simulator.fields import Field, Refused, VendorError, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.merging import merge
from closeloop.connectors.salesforce.simulator.org import Org
from closeloop.ports import Value

PATH = "/services/Soap/u/62.0"
_MOST = {"merge": 200, "convertLead": 100, "undelete": 200, "emptyRecycleBin": 200}
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
                name, results = self._called(ET.fromstring(body))  # noqa: S314 - only the hub calls its own simulator
        except _Fault as fault:
            return _said(_fault(fault.code, str(fault)), status=500)
        except ET.ParseError as error:
            return _said(_fault("soapenv:Client", str(error)), status=500)
        header = _LIMITS.format(used=self._org.faults.calls_today, allowed=self._allowed())
        return _said(f"<{name}Response>{results}</{name}Response>", header=header)

    def _called(self, envelope: Element) -> tuple[str, str]:
        session = envelope.find(f".//{_CALL}SessionHeader/{_CALL}sessionId")
        if session is None or not self._has_session(session.text or ""):
            raise _Fault("INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
        body = envelope.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
        call = body[0] if body is not None and len(body) else None
        name = "" if call is None else call.tag.removeprefix(_CALL)
        if call is None or name not in _MOST:
            raise _Fault("soapenv:Client", f"No operation available for request {name}")
        if len(call) > _MOST[name]:
            raise _Fault("EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST[name]} records")
        return name, self._results(name, call)

    def _results(self, name: str, call: Element) -> str:
        if name == "merge":
            # What is wrong with the call is found before anything is done.
            return "".join(self._one(*each) for each in [self._asked(request) for request in call])
        if name == "convertLead":
            return "".join(
                self._convert({part.tag.removeprefix(_CALL): part.text or "" for part in one}) for one in call
            )
        return "".join(self._by_id(name, full_id(each.text or "")) for each in call)

    def _convert(self, said: Mapping[str, str]) -> str:
        lead_id, status = said["leadId"], said.get("convertedStatus", "")
        converted = {row["MasterLabel"] for row in self._org.rows("LeadStatus") if row["IsConverted"]}
        try:
            if status not in converted:
                raise refuse("INVALID_STATUS", f"invalid convertedStatus: {status}")
            if said.get("contactId") and not said.get("accountId"):
                raise refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [accountId]", "accountId")
            deal: dict[str, Value] | None = None
            none, there = said.get("doNotCreateOpportunity") == "true", said.get("opportunityId")
            if there and (none or said.get("opportunityName")):
                what = "opportunityId goes neither with opportunityName nor with doNotCreateOpportunity"
                raise refuse("INVALID_ARGUMENT_TYPE", what, "opportunityId")
            if not none:
                deal = {"Name": said["opportunityName"]} if said.get("opportunityName") else {}
            contact, account, made = convert(
                self._org,
                lead_id,
                opportunity=deal,
                account_id=said.get("accountId"),
                contact_id=said.get("contactId"),
                owner=said.get("ownerId"),
                opportunity_id=there,
            )
        except Refused as refused:
            errors = "".join(map(_error, refused.errors))
            return f"<result>{errors}<leadId>{lead_id}</leadId><success>false</success></result>"
        ids = f"<accountId>{account}</accountId><contactId>{contact}</contactId><leadId>{lead_id}</leadId>"
        opportunity = f"<opportunityId>{made}</opportunityId>" if made else ""
        return f"<result>{ids}{opportunity}<success>true</success></result>"

    def _by_id(self, name: str, record_id: str) -> str:
        try:
            if name == "undelete":
                self._org.undelete(record_id, by=self._org.me)
            else:
                self._org.purge(record_id)
        except Refused as refused:
            return (
                f"<result>{''.join(map(_error, refused.errors))}<id>{record_id}</id><success>false</success></result>"
            )
        return f"<result><id>{record_id}</id><success>true</success></result>"

    def _one(self, object_name: str, survivor: Mapping[str, Value], loser_ids: Sequence[str]) -> str:
        try:
            moved = merge(self._org, object_name, survivor, loser_ids, by=self._org.me)
        except Refused as refused:
            errors = "".join(map(_error, refused.errors))
            return f"<result>{errors}<id>{survivor['id']}</id><success>false</success></result>"
        merged = "".join(f"<mergedRecordIds>{loser_id}</mergedRecordIds>" for loser_id in loser_ids)
        related = "".join(f"<updatedRelatedIds>{record_id}</updatedRelatedIds>" for record_id in moved)
        return f"<result><id>{survivor['id']}</id>{merged}<success>true</success>{related}</result>"

    def _asked(self, request: Element) -> tuple[str, dict[str, Value], list[str]]:
        """The object, the survivor's id and fields, and the losers of one merge."""
        master = request.find(f"{_CALL}masterRecord")
        said = {} if master is None else {each.tag.removeprefix(_RECORD): each.text or "" for each in master}
        object_name, record_id = said.pop("type", ""), said.pop("Id", "")
        if object_name not in self._org.schema.objects:
            raise _Fault("INVALID_TYPE", f"INVALID_TYPE: sObject type '{object_name}' is not supported.")
        fields = self._org.schema.objects[object_name].fields
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

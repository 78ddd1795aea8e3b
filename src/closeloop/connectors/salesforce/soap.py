"""What Salesforce offers over SOAP alone: merge, convert, undelete, empty the bin: its calls and its answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import httpx2

from closeloop.connectors.salesforce.judging import Unreached, VendorError, judged, judged_fault

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_CALL = "urn:partner.soap.sforce.com"
_RECORD = "urn:sobject.partner.soap.sforce.com"
_XML = "text/xml"
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+)\+0000$")
"""As REST writes it; XML has another way."""
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, escaped or not: one such sign would spoil the call for every record in it."""
HEADERS: Mapping[str, str] = {"Content-Type": f"{_XML}; charset=UTF-8", "SOAPAction": '""'}

Merge = tuple[Mapping[str, object], str]
"""The record that survives, with its id and the fields to be written to it, and the id of the one that goes."""


def merge_call(session: str, merges: Sequence[Merge]) -> bytes:
    """The body of a call; `session` is the access token, which Salesforce takes for a session id."""
    call, written = _begun(session, "merge")
    for survivor, loser_id in merges:
        request = ET.SubElement(call, f"{{{_CALL}}}request")
        _record(ET.SubElement(request, f"{{{_CALL}}}masterRecord"), survivor)
        _say(request, f"{{{_CALL}}}recordToMergeIds", loser_id)
    return written()


def convert_call(session: str, conversions: Sequence[Mapping[str, object]]) -> bytes:
    """At most 100 conversions; each has the elements of a LeadConvert, which are sent in the order that it demands."""
    call, written = _begun(session, "convertLead")
    for said in conversions:
        one = ET.SubElement(call, f"{{{_CALL}}}leadConverts")
        for name in sorted(said):
            _say(one, f"{{{_CALL}}}{name}", said[name])
    return written()


def ids_call(session: str, name: Literal["undelete", "emptyRecycleBin"], ids: Sequence[str]) -> bytes:
    """One of the calls that take at most 200 ids and nothing else."""
    call, written = _begun(session, name)
    for record_id in ids:
        _say(call, f"{{{_CALL}}}ids", record_id)
    return written()


def session_ended(response: httpx2.Response) -> bool:
    """Whether the call was refused since its token is no longer good."""
    fault = _fault(response)
    return fault is not None and fault.code == "INVALID_SESSION_ID"


def result_errors(response: httpx2.Response) -> list[tuple[VendorError, ...]]:
    """What was wrong with each thing, in order; nothing where it was done. Raises Transient or Permanent."""
    fault = _fault(response)
    if fault is not None:
        raise judged_fault(response, fault)
    if not response.is_success or not _is_xml(response):
        judged(response)
        raise Unreached(f"what answered for salesforce is no SOAP: {response.text[:100]!r}")
    return [
        () if _text(result, "success") == "true" else tuple(map(_error, _children(result, "errors")))
        for result in _every(_parsed(response), "result")
    ]


def calls_used(response: httpx2.Response) -> tuple[int, int] | None:
    """Calls made today and calls allowed, where the answer tells."""
    if not response.is_success or not _is_xml(response):
        return None
    for told in _every(_parsed(response), "limitInfo"):
        used, allowed = _text(told, "current"), _text(told, "limit")
        if used.isdigit() and allowed.isdigit():
            return int(used), int(allowed)
    return None


def _begun(session: str, name: str) -> tuple[Element, Callable[[], bytes]]:
    """The element of a call, to be filled, and how to write the envelope around it."""
    envelope = ET.Element(f"{{{_ENVELOPE}}}Envelope")
    header = ET.SubElement(envelope, f"{{{_ENVELOPE}}}Header")
    _say(ET.SubElement(header, f"{{{_CALL}}}SessionHeader"), f"{{{_CALL}}}sessionId", session)
    call = ET.SubElement(ET.SubElement(envelope, f"{{{_ENVELOPE}}}Body"), f"{{{_CALL}}}{name}")

    def written() -> bytes:
        text: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
        return text

    return call, written


def _record(element: Element, said: Mapping[str, object]) -> None:
    attributes = said["attributes"]
    if isinstance(attributes, Mapping):
        _say(element, f"{{{_RECORD}}}type", attributes["type"])
    blank = [name for name, value in said.items() if value is None]
    for name in blank:
        _say(element, f"{{{_RECORD}}}fieldsToNull", name)
    _say(element, f"{{{_RECORD}}}Id", said["id"])
    for name, value in said.items():
        if name not in ("attributes", "id", *blank):
            _say(element, f"{{{_RECORD}}}{name}", value)


def _say(parent: Element, name: str, value: object) -> None:
    text = str(value).lower() if isinstance(value, bool) else _MOMENT.sub(r"\1Z", str(value))
    ET.SubElement(parent, name).text = _UNFIT.sub("", text)


def _fault(response: httpx2.Response) -> VendorError | None:
    if not _is_xml(response):
        return None
    for fault in _every(_parsed(response), "Fault"):
        code = next((found.text for found in _every(fault, "exceptionCode")), None)
        return VendorError(code or _text(fault, "faultcode").rpartition(":")[2], _text(fault, "faultstring"))
    return None


def _is_xml(response: httpx2.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith(_XML)


def _parsed(response: httpx2.Response) -> Element:
    """The answer's root.

    It is read by the standard library, since no hardened reader of XML is among our packages. Entities and outside
    files, by which XML does harm, are declared in a DOCTYPE, which SOAP forbids: a text with one is never parsed.
    """
    text = response.content.decode("utf-8", "replace")
    if "<!DOCTYPE" in text:
        raise Unreached("what answered for salesforce declares a document type, which no SOAP does: it is not read")
    try:
        return ET.fromstring(text)  # noqa: S314 - without a DOCTYPE there are no entities
    except ET.ParseError as error:
        raise Unreached(f"what answered for salesforce is no SOAP ({error}): {text[:100]!r}") from error


def _error(said: Element) -> VendorError:
    return VendorError(
        _text(said, "statusCode") or "UNKNOWN",
        _text(said, "message"),
        tuple(found.text or "" for found in _children(said, "fields")),
    )


def _text(parent: Element, name: str) -> str:
    return next((found.text or "" for found in _children(parent, name)), "")


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (found for found in parent if _local(found) == name)


def _every(root: Element, name: str) -> Iterator[Element]:
    return (found for found in root.iter() if _local(found) == name)


def _local(element: Element) -> str:
    """The name without its namespace: SOAP's own elements have some in one dialect and none in another."""
    return element.tag.rpartition("}")[2]

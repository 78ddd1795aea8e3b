"""The vendor's REST interface over one organisation: addresses, sign-in, status codes, the shape of every answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeloop.connectors.salesforce.simulator.bulk_api import BulkApi
from closeloop.connectors.salesforce.simulator.checks import known_fields
from closeloop.connectors.salesforce.simulator.deletions_api import DeletionsApi
from closeloop.connectors.salesforce.simulator.fields import Field, Refused, Row, Sobject, VendorError, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.org import KEY, Org
from closeloop.connectors.salesforce.simulator.soap_api import SoapApi
from closeloop.connectors.salesforce.simulator.soql import read
from closeloop.ports import Value
from closeloop.simulation import Refusal

ROOT = "/services/data/v62.0"
SIGN_IN = "/services/oauth2/token"
MOST_RECORDS = 200
_DAILY = 15_000
_STATUS = {"INVALID_SESSION_ID": 401, "REQUEST_LIMIT_EXCEEDED": 403, "NOT_FOUND": 404, "SERVER_UNAVAILABLE": 503}
Result = dict[str, Any]


class Api:
    """The endpoints. `expire_tokens` ends every session, as an administrator may.

    Attributes:
        bulk: the jobs.
        deletions: the log of deletions.
        closed: what every REST call is answered with, and the HTTP status; None when the door is open.
    """

    def __init__(self, org: Org, *, client_id: str, client_secret: str, page_size: int, token_life: timedelta) -> None:
        self._org, self._page_size, self._token_life = org, page_size, token_life
        self._client = (client_id, client_secret)
        self._tokens: dict[str, datetime] = {}
        self._numbers = count(1)
        self._cursors: dict[str, tuple[list[Row], tuple[str, ...], str]] = {}
        self.bulk, self.deletions = BulkApi(org), DeletionsApi(org)
        self.closed: tuple[VendorError, int] | None = None
        routes = [
            Route(SIGN_IN, self._token, methods=["POST"]),
            self._route("/limits", self._limits),
            self._route("/query", self._query),
            self._route("/queryAll", self._query_all),
            self._route("/query/{cursor}", self._next_page),
            self._route("/sobjects", self._sobjects),
            self._route("/sobjects/{object}/describe", self._describe),
            self._route("/sobjects/{object}", self._create_one, "POST"),
            self._route("/sobjects/{object}/deleted/", self.deletions.deleted),
            self._route("/sobjects/{object}/{id}", self._one, "GET", "PATCH", "DELETE"),
            self._route("/composite/sobjects", self._collection, "POST", "PATCH"),
            self._route("/composite/sobjects", self._delete_many, "DELETE"),
            self._route("/composite/sobjects/{object}", self._retrieve),
            self._route("/composite/sobjects/{object}/{key}", self._upsert, "PATCH"),
            self._route("/jobs/ingest", self.bulk.open_ingest, "POST"),
            self._route("/jobs/ingest/{job}/batches", self.bulk.upload, "PUT"),
            self._route("/jobs/ingest/{job}/{results}/", self.bulk.ingest_results),
            self._route("/jobs/ingest/{job}", self.bulk.ingest, "GET", "PATCH"),
            self._route("/jobs/query", self.bulk.open_query, "POST"),
            self._route("/jobs/query/{job}/results", self.bulk.query_results),
            self._route("/jobs/query/{job}", self.bulk.query),
        ]
        soap = SoapApi(org, self._has_session, lambda: org.faults.per_day or _DAILY)
        self.app = Starlette(routes=[*routes, soap.route])

    def expire_tokens(self) -> None:
        """End every session: the next call with an old token is answered 401."""
        self._tokens.clear()

    def _route(self, path: str, answer: Callable[[Request, Any], Response], *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            with self._org.lock:
                response = self._answer(request, body, answer)
            faults = self._org.faults
            response.headers["Sforce-Limit-Info"] = f"api-usage={faults.calls_today}/{faults.per_day or _DAILY}"
            return response

        return Route(ROOT + path, endpoint, methods=list(methods or ("GET",)))

    def _answer(self, request: Request, body: bytes, answer: Callable[[Request, Any], Response]) -> Response:
        try:
            if self.closed is not None:
                return errors([self.closed[0]], self.closed[1])
            self._check_session(request.headers.get("Authorization", ""))
            is_csv = request.headers.get("Content-Type", "").startswith("text/csv")
            return answer(request, body.decode() if is_csv else _parsed(body))
        except Refused as refused:
            return errors(refused.errors)

    def _check_session(self, header: str) -> None:
        if not self._has_session(header.removeprefix("Bearer ")):
            raise refuse("INVALID_SESSION_ID", "Session expired or invalid")

    def _has_session(self, token: str) -> bool:
        ends_at = self._tokens.get(token)
        return ends_at is not None and ends_at > self._org.faults.clock.now()

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if (header := request.headers.get("Authorization", "")).startswith("Basic "):
            user, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            given = (user, secret)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type", "error_description": "not supported"}, 400)
        if given != self._client:
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        now = self._org.faults.clock.now()
        token = f"00D5g0000000001!{next(self._numbers):08d}"
        self._tokens[token] = now + self._token_life
        url = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "access_token": token,
                "instance_url": url,
                "id": f"{url}/id/00D5g0000000001EAA/{self._org.me}",
                "token_type": "Bearer",
                "issued_at": str(int(now.timestamp() * 1000)),
            }
        )

    def _limits(self, request: Request, body: object) -> Response:  # all endpoints are called alike
        most = self._org.faults.per_day or _DAILY
        return JSONResponse({"DailyApiRequests": {"Max": most, "Remaining": most - self._org.faults.calls_today}})

    def _query(self, request: Request, body: object, *, deleted: bool = False) -> Response:
        query = read(request.query_params.get("q", ""), self._org.schema.objects)
        found = query.run(self._org.seen(query.sobject.name, deleted=deleted))
        if not query.fields:
            return JSONResponse({"totalSize": len(found), "done": True, "records": []})
        return self._page(found, query.fields, query.sobject.name)

    def _query_all(self, request: Request, body: object) -> Response:
        return self._query(request, body, deleted=True)

    def _next_page(self, request: Request, body: object) -> Response:
        waiting = self._cursors.pop(request.path_params["cursor"], None)
        if waiting is None:
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(*waiting)

    def _page(self, found: list[Row], fields: tuple[str, ...], name: str) -> Response:
        page, rest = found[: self._page_size], found[self._page_size :]
        shown = [_shown(row, fields, name) for row in page]
        answer: Result = {"totalSize": len(found), "done": not rest, "records": shown}
        if rest:
            cursor = f"01g{next(self._numbers):012d}-{self._page_size}"
            self._cursors[cursor] = (rest, fields, name)
            answer["nextRecordsUrl"] = f"{ROOT}/query/{cursor}"
        return JSONResponse(answer)

    def _sobjects(self, request: Request, body: object) -> Response:
        listed = [
            {"name": s.name, "keyPrefix": s.prefix, "queryable": True, "custom": s.name.endswith("__c")}
            for s in self._org.schema.objects.values()
        ]
        return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})

    def _describe(self, request: Request, body: object) -> Response:
        sobject = self._sobject(request)
        described = [_described(field) for field in sobject.fields.values()]
        return JSONResponse({"name": sobject.name, "keyPrefix": sobject.prefix, "fields": described})

    def _create_one(self, request: Request, body: object) -> Response:
        sobject, said = self._sobject(request), _record(body)
        known_fields(sobject, said)
        record_id = self._org.insert(sobject.name, said, by=self._org.me)
        return JSONResponse({"id": record_id, "success": True, "errors": []}, 201)

    def _one(self, request: Request, body: object) -> Response:
        sobject, record_id = self._sobject(request), full_id(request.path_params["id"])
        row = next((row for row in self._org.seen(sobject.name) if row["Id"] == record_id), None)
        if request.method == "GET":
            if row is None:
                raise refuse("NOT_FOUND", "The requested resource does not exist")
            names = request.query_params.get("fields")
            return JSONResponse(_shown(row, names.split(",") if names else sobject.fields, sobject.name))
        if request.method == "DELETE":
            self._org.remove(record_id, by=self._org.me)
        else:
            said = _record(body)
            known_fields(sobject, said)
            self._org.update(sobject.name, record_id, said, by=self._org.me)
        return Response(status_code=204)

    def _retrieve(self, request: Request, body: object) -> Response:
        sobject = self._sobject(request)
        rows = {str(row["Id"]): row for row in self._org.seen(sobject.name)}
        ids = map(full_id, request.query_params["ids"].split(","))
        names = request.query_params["fields"].split(",")
        known_fields(sobject, dict.fromkeys(names))
        return JSONResponse([_shown(rows[i], names, sobject.name) if i in rows else None for i in ids])

    def _collection(self, request: Request, body: object) -> Response:
        def write(name: str, said: dict[str, Value]) -> Result:
            if request.method == "POST":
                return {"id": self._org.insert(name, said, by=self._org.me)}
            record_id = full_id(str(said.pop("id", said.pop("Id", ""))))
            self._org.update(name, record_id, said, by=self._org.me)
            return {"id": record_id}

        return self._each(body, write)

    def _upsert(self, request: Request, body: object) -> Response:
        if request.path_params["key"] != KEY or KEY not in self._sobject(request).fields:
            raise refuse("NOT_FOUND", "Provided external ID field does not exist or is not accessible")

        def write(name: str, said: dict[str, Value]) -> Result:
            key = said.pop(KEY, None)
            if not isinstance(key, str):
                raise refuse("MISSING_ARGUMENT", f"{KEY} not specified", KEY)
            record_id, created = self._org.upsert(name, key, said, by=self._org.me)
            return {"id": record_id, "created": created}

        return self._each(body, write)

    def _each(self, body: object, write: Callable[[str, dict[str, Value]], Result]) -> Response:
        """One result for each record. What is wrong with the call as a whole is found before anything is written."""
        given = body.get("records", []) if isinstance(body, dict) else []
        if len(given) > MOST_RECORDS:
            raise refuse("EXCEEDED_MAX_SIZE_REQUEST", f"Limit of {MOST_RECORDS} records exceeded")
        read_records: list[tuple[str, dict[str, Value]]] = []
        for record in given:
            name = record.get("attributes", {}).get("type", "")
            if name not in self._org.schema.objects:
                raise refuse("INVALID_TYPE", f"sObject type '{name}' is not supported.")
            said = _record(record)
            known_fields(
                self._org.schema.objects[name], {field: value for field, value in said.items() if field != "id"}
            )
            read_records.append((name, said))
        return JSONResponse([_tried(partial(write, name, said)) for name, said in read_records])

    def _delete_many(self, request: Request, body: object) -> Response:
        ids = list(map(full_id, request.query_params["ids"].split(",")))
        if len(ids) > MOST_RECORDS:
            raise refuse("EXCEEDED_MAX_SIZE_REQUEST", f"Limit of {MOST_RECORDS} records exceeded")

        def remove(record_id: str) -> Result:
            self._org.remove(record_id, by=self._org.me)
            return {"id": record_id}

        return JSONResponse([_tried(partial(remove, record_id)) for record_id in ids])

    def _sobject(self, request: Request) -> Sobject:
        name = request.path_params["object"]
        if name not in self._org.schema.objects:
            raise refuse("NOT_FOUND", "The requested resource does not exist")
        return self._org.schema.objects[name]


def _tried(write: Callable[[], Result]) -> Result:
    """The result for one record of a collection."""
    try:
        return {**write(), "success": True, "errors": []}
    except Refused as refused:
        no = [{"statusCode": e.code, "message": e.message, "fields": list(e.fields)} for e in refused.errors]
        return {"success": False, "errors": no}


def errors(listed: Iterable[VendorError], status: int | None = None) -> Response:
    """The vendor's answer to a call that failed as a whole."""
    listed = list(listed)
    shown: list[Result] = [{"message": e.message, "errorCode": e.code} for e in listed]
    for each, error in zip(shown, listed, strict=True):
        if error.fields:
            each["fields"] = list(error.fields)
    return JSONResponse(shown, status or _STATUS.get(listed[0].code, 400))


def turned_away(refusal: Refusal) -> Response:
    """The vendor's words for a call that it does not take."""
    said = {
        "quota": VendorError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        "rate": VendorError("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
        "outage": VendorError("SERVER_UNAVAILABLE", "Server is unavailable"),
        "failure": VendorError("UNKNOWN_EXCEPTION", f"An unexpected error occurred ({refusal.status})"),
    }[refusal.why]
    response = errors([said], 403 if refusal.why == "quota" else refusal.status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = f"{refusal.retry_after:g}"
    return response


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise refuse("JSON_PARSER_ERROR", str(error)) from None


def _record(body: object) -> dict[str, Value]:
    if not isinstance(body, dict):
        raise refuse("JSON_PARSER_ERROR", "a record is an object")
    return {name: value for name, value in body.items() if name != "attributes"}


def _shown(row: Row, fields: Iterable[str], name: str) -> Mapping[str, object]:
    attributes = {"type": name, "url": f"{ROOT}/sobjects/{name}/{row['Id']}"}
    return {"attributes": attributes, **{field: row.get(field) for field in fields}}


def _described(field: Field) -> Mapping[str, object]:
    return {
        "name": field.name,
        "type": field.type,
        "length": field.length,
        "custom": field.name.endswith("__c"),
        "createable": field.writable != "never",
        "updateable": field.writable == "both",
        "nillable": not field.required,
        "defaultedOnCreate": field.default is not None,
        "externalId": field.external_id,
        "unique": field.external_id,
        "restrictedPicklist": bool(field.allowed),
        "referenceTo": list(field.refers),
        "picklistValues": [{"value": value, "label": value, "active": True} for value in field.allowed],
    }

"""The Application REST API 2.0 of the simulated instance: data of contacts, accounts, custom objects, and their fields.

Source: Oracle's REST API reference for Eloqua: page and count up to 1,000, depth, search, orderBy, lastUpdatedAt.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt, ne

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closeloop.connectors.eloqua.simulator.fields import Field, Values, Wrong, unix
from closeloop.connectors.eloqua.simulator.instance import Instance, Refuse, Row

_TERM = re.compile(r"'?(\w+)(<=|>=|!=|=|<|>)'?(.*?)'*", re.DOTALL)
_COMPARE = {"=": eq, "!=": ne, ">": gt, "<": lt, ">=": ge, "<=": le}
_LINKS = {"contact": ("accountId",), "account": ()}
_MOST = 1_000
_TYPES = {"contact": "Contact", "account": "Account"}


class RestApi:
    """Handlers of the Application API."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def routes(self) -> list[BaseRoute]:
        """All routes, below /api/REST/2.0."""
        found: list[BaseRoute] = [Route("/assets/customObject/{number:int}", self._custom_object)]
        for kind in ("contact", "account"):
            found += [
                Route(f"/assets/{kind}/fields", self._fields_of(kind)),
                Route(f"/data/{kind}s", self._list),
                Route(f"/data/{kind}", self._create, methods=["POST"]),
                Route(f"/data/{kind}/{{id:int}}", self._one, methods=["GET", "PUT", "DELETE"]),
            ]
        return [
            *found,
            Route("/data/customObject/{number:int}/instances", self._list),
            Route("/data/customObject/{number:int}/instance", self._create, methods=["POST"]),
            Route("/data/customObject/{number:int}/instance/{id:int}", self._one, methods=["GET", "PUT", "DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        asked, kind = request.query_params, _kind(request)
        try:
            page, count = int(asked.get("page", 1)), int(asked.get("count", _MOST))
        except ValueError:
            return failure(Wrong("page", "IntegerRequirement", asked.get("page", "")))
        if page < 1 or not 1 <= count <= _MOST:
            return failure(Wrong("count", "IdRequirement", str(count)))
        with self._instance.lock:
            if kind not in self._instance.fields:
                return Response(status_code=404)
            rows = self._instance.all_seen(kind)
            if "lastUpdatedAt" in asked:
                rows = [row for row in rows if int(unix(row.updated_at)) > int(asked["lastUpdatedAt"])]
            if "search" in asked:
                rows = self._searched(kind, rows, asked["search"])
            column, _, direction = asked.get("orderBy", "id ASC").partition(" ")
            rows.sort(key=lambda row: (row.updated_at if column == "updatedAt" else row.created_at, row.id))
            if direction.upper() == "DESC":
                rows.reverse()
            part = rows[(page - 1) * count : page * count]
            elements = [self._shown(kind, row, asked.get("depth", "minimal")) for row in part]
        return JSONResponse({"elements": elements, "page": page, "pageSize": count, "total": len(rows)})

    async def _create(self, request: Request) -> Response:
        kind, body = _kind(request), await request.json()
        with self._instance.lock:
            try:
                row = self._instance.create(kind, *self._taken(kind, body))
            except Refuse as refuse:
                return failure(refuse.trouble)
            return JSONResponse(self._shown(kind, row, "complete"), 201)

    async def _one(self, request: Request) -> Response:
        kind, number = _kind(request), int(request.path_params["id"])
        body = await request.json() if request.method == "PUT" else {}
        with self._instance.lock:
            if request.method == "DELETE":
                return Response(status_code=200 if self._instance.delete(kind, number) else 404)
            if request.method == "GET":
                row = self._instance.seen(kind, number)
            else:
                try:
                    row = self._replaced(kind, number, body)
                except Refuse as refuse:
                    return failure(refuse.trouble)
            return JSONResponse(self._shown(kind, row, "complete")) if row else Response(status_code=404)

    def _replaced(self, kind: str, number: int, body: Mapping[str, object]) -> Row | None:
        """A PUT replaces: properties and fields that it leaves out are blank afterwards."""
        values, links = self._taken(kind, body)
        blank = {field.internal: "" for field in self._instance.fields[kind]}
        return self._instance.update(kind, number, {**blank, **values}, links)

    def _taken(self, kind: str, body: Mapping[str, object]) -> tuple[Values, dict[str, str]]:
        """What a body writes, by internal name.

        Raises:
            Refuse: it names a field that there is not.
        """
        fields = self._instance.fields[kind]
        properties = {field.property: field.internal for field in fields if field.property}
        numbers = {str(field.number): field.internal for field in fields}
        values = {properties[name]: _text(value) for name, value in body.items() if name in properties}
        listed = body.get("fieldValues")
        for entry in listed if isinstance(listed, list) else ():
            number = str(entry.get("id"))
            if number not in numbers:
                raise Refuse(Wrong("fieldValues", "RelationshipRequirement", number))
            values[numbers[number]] = _text(entry.get("value"))
        links = {name: _text(body[name]) for name in _LINKS.get(kind, ("contactId", "accountId")) if body.get(name)}
        return values, links

    def _searched(self, kind: str, rows: list[Row], search: str) -> list[Row]:
        found = _TERM.fullmatch(search)
        term, sign, wanted = found.groups() if found else ("name", "=", search)
        inside = {field.property: field.internal for field in self._instance.fields[kind] if field.property}
        inside["name"] = "C_EmailAddress" if kind == "contact" else "M_CompanyName"
        internal, compare = inside.get(term, term), _COMPARE[sign]
        if term in ("updatedAt", "createdAt"):
            return [row for row in rows if compare(int(unix(row.updated_at)), int(wanted))]
        kept: list[Row] = []
        for row in rows:
            has = row.values.get(internal, "").lower()
            if sign == "=" and "*" in wanted:
                kept += [row] if fnmatchcase(has, wanted.lower()) else []
            elif compare(has, wanted.lower()):
                kept.append(row)
        return kept

    def _shown(self, kind: str, row: Row, depth: str) -> dict[str, object]:
        fields = self._instance.fields[kind]
        shown: dict[str, object] = {
            "type": _TYPES.get(kind, "CustomObjectData"),
            "id": str(row.id),
            "createdAt": unix(row.created_at),
            "updatedAt": unix(row.updated_at),
            "depth": depth,
        }
        if kind == "contact":
            shown |= {"name": row.values["C_EmailAddress"], "emailAddress": row.values["C_EmailAddress"]}
        if depth != "minimal":
            shown |= {field.property: row.values.get(field.internal, "") for field in fields if field.property}
            shown |= row.links
        if depth == "complete":
            shown["fieldValues"] = [
                {"type": "FieldValue", "id": str(field.number), "value": row.values.get(field.internal, "")}
                for field in fields
                if not field.property
            ]
        return shown

    def _fields_of(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def listed(_request: Request) -> Response:
            with self._instance.lock:
                elements = [described(field) for field in self._instance.fields[kind]]
            return JSONResponse({"elements": elements, "page": 1, "pageSize": _MOST, "total": len(elements)})

        return listed

    async def _custom_object(self, request: Request) -> Response:
        kind = str(request.path_params["number"])
        with self._instance.lock:
            if kind not in self._instance.names:
                return Response(status_code=404)
            fields = [described(field) for field in self._instance.fields[kind]]
            return JSONResponse(
                {"type": "CustomObject", "id": kind, "name": self._instance.names[kind], "fields": fields}
            )


def described(field: Field) -> dict[str, object]:
    """One field as the catalogue of assets gives it."""
    return {
        "type": "ContactField",
        "id": str(field.number),
        "name": field.name,
        "internalName": field.internal,
        "dataType": field.data_type,
        "isReadOnly": str(field.read_only).lower(),
    }


def failure(trouble: Wrong) -> Response:
    """A validation error of the Application API."""
    error = {
        "type": "ObjectValidationError",
        "container": {"type": "ObjectKey"},
        "property": trouble.property,
        "requirement": {"type": trouble.requirement},
        "value": trouble.value,
    }
    return JSONResponse([error], trouble.status)


def _kind(request: Request) -> str:
    if "number" in request.path_params:
        return str(request.path_params["number"])
    return "contact" if "/data/contact" in request.url.path else "account"


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value).strip()

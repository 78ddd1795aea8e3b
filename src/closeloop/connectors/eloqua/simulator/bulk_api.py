"""The Bulk API 2.0 of the simulated instance: definitions, staged data, syncs, what they export and what they reject.

Source: Oracle's Bulk API tutorials (export, import, sync actions, filtering) and list of ELQ status codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closeloop.connectors.eloqua.simulator.fields import Values
from closeloop.connectors.eloqua.simulator.instance import Act, Instance, Refuse, Row

_CLAUSE = re.compile(r"'\{\{(.+?)\}\}'\s*(>=|<=|=|>|<)\s*'(.*?)'")
_FIELD = re.compile(r"\{\{(\w+)\.Field\((\w+)\)\}\}")
_LIST = re.compile(r"\{\{ContactList\[(\d+)\]\}\}")
_MESSAGES = {
    "ELQ-00002": "Invalid email addresses.",
    "ELQ-00011": "Duplicate email addresses.",
    "ELQ-00034": "Total unmatched records.",
    "ELQ-00125": "Constraint failed.",
}
_CODES = {"EmailAddressRequirement": "ELQ-00002", "UniquenessRequirement": "ELQ-00011"}
_MOST_ROWS = 50_000


@dataclass(slots=True)
class Definition:
    """What an export or import is of; `staged` are the rows of an import that wait for a sync."""

    uri: str
    body: Mapping[str, object]
    staged: list[Mapping[str, object]] = field(default_factory=list)


@dataclass(slots=True)
class Sync:
    """One run of a definition; `polls_left` is how often it still answers that it is not done."""

    uri: str
    of: str
    polls_left: int
    rows: list[dict[str, object]] = field(default_factory=list)
    rejects: list[dict[str, object]] = field(default_factory=list)
    failed: bool = False

    def status(self) -> str:
        """As the vendor says it."""
        if self.polls_left > 0:
            return "active"
        return "error" if self.failed else "warning" if self.rejects else "success"


class BulkApi:
    """Handlers of the Bulk API.

    Attributes:
        slow_polls: how often a new sync answers that it is still active.
        fail_syncs: how many of the next syncs end in an error.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._definitions: dict[str, Definition] = {}
        self._syncs: dict[str, Sync] = {}
        self.slow_polls, self.fail_syncs = 0, 0

    def routes(self) -> list[BaseRoute]:
        """All routes, below /api/bulk/2.0."""
        return [
            Route("/{of:path}/exports", self._define, methods=["POST"]),
            Route("/{of:path}/imports", self._define, methods=["POST"]),
            Route("/{of:path}/syncActions", self._define, methods=["POST"]),
            Route("/{of:path}/imports/{id:int}/data", self._stage, methods=["POST"]),
            Route("/{of:path}/syncActions/{id:int}/data", self._stage, methods=["POST"]),
            Route("/contacts/lists", self._lists),
            Route("/syncs", self._start, methods=["POST"]),
            Route("/syncs/{id:int}", self._status),
            Route("/syncs/{id:int}/data", self._data),
            Route("/syncs/{id:int}/rejects", self._data),
        ]

    def forget(self) -> None:
        """Retention is over: no sync is known any more."""
        self._syncs.clear()

    async def _define(self, request: Request) -> Response:
        body = await request.json()
        if not body.get("name") or not isinstance(body.get("fields"), dict):
            return _bad("fields", "NotNullRequirement")
        with self._instance.lock:
            if unknown := self._unknown_field(body["fields"]):
                return _bad(unknown, "EMLRequirement")
            kind = request.url.path.rpartition("/")[2]
            uri = f"/{request.path_params['of']}/{kind}/{self._instance.number()}"
            self._definitions[uri] = Definition(uri, body)
            return JSONResponse({**body, "uri": uri}, 201)

    async def _stage(self, request: Request) -> Response:
        uri = request.url.path.partition("/api/bulk/2.0")[2].removesuffix("/data")
        body = await request.json()
        with self._instance.lock:
            definition = self._definitions.get(uri)
            if definition is None:
                return Response(status_code=404)
            definition.staged += body
            if definition.body.get("isSyncTriggeredOnImport") in (True, "true"):
                return JSONResponse(_shown(self._run(definition)), 201)
            return Response(status_code=204)

    async def _start(self, request: Request) -> Response:
        of = str((await request.json()).get("syncedInstanceUri"))
        with self._instance.lock:
            definition = self._definitions.get(of)
            return JSONResponse(_shown(self._run(definition)), 201) if definition else _bad("syncedInstanceUri", "Id")

    async def _status(self, request: Request) -> Response:
        with self._instance.lock:
            sync = self._syncs.get(f"/syncs/{request.path_params['id']}")
            if sync is None:
                return Response(status_code=404)
            shown = _shown(sync)
            sync.polls_left -= 1
            return JSONResponse(shown)

    async def _data(self, request: Request) -> Response:
        with self._instance.lock:
            sync = self._syncs.get(f"/syncs/{request.path_params['id']}")
            if sync is None:
                return Response(status_code=404)
            return _page(request, sync.rejects if request.url.path.endswith("/rejects") else sync.rows)

    async def _lists(self, request: Request) -> Response:
        wanted = re.fullmatch(r"name='(.*)'", request.query_params.get("q", ""))
        with self._instance.lock:
            found = [
                {"name": name, "count": len(members), "uri": f"/contacts/lists/{number}"}
                for number, (name, members) in self._instance.lists.items()
                if wanted is None or wanted[1] == name
            ]
        return _page(request, found)

    def _unknown_field(self, fields: Mapping[str, object]) -> str:
        known = {each.internal for kind in self._instance.fields.values() for each in kind}
        named = (_FIELD.fullmatch(str(statement)) for statement in fields.values())
        return next((one[2] for one in named if one and one[1] in ("Contact", "Account") and one[2] not in known), "")

    def _run(self, definition: Definition) -> Sync:
        sync = Sync(f"/syncs/{self._instance.number()}", definition.uri, self.slow_polls)
        self._syncs[sync.uri] = sync
        if self.fail_syncs > 0:
            self.fail_syncs -= 1
            sync.failed = True
        elif "/exports/" in definition.uri:
            sync.rows = self._exported(definition)
        else:
            self._imported(definition, sync)
        definition.staged = []
        return sync

    def _exported(self, definition: Definition) -> list[dict[str, object]]:
        clauses = _CLAUSE.findall(str(definition.body.get("filter", "")))
        fields = definition.body["fields"]
        statements = fields.items() if isinstance(fields, dict) else ()
        rows: Sequence[Act | Row] = (
            list(self._instance.acts_seen())
            if definition.uri.startswith("/activities")
            else self._instance.all_seen("contact")
        )
        kept = [row for row in rows if all(_holds(_value(row, path), sign, wanted) for path, sign, wanted in clauses)]
        return [{name: _value(row, str(text).strip("{}")) for name, text in statements} for row in kept]

    def _imported(self, definition: Definition, sync: Sync) -> None:
        fields = definition.body["fields"]
        statements = fields if isinstance(fields, dict) else {}
        by = str(definition.body.get("identifierFieldName"))
        for index, staged in enumerate(definition.staged):
            values: Values = {}
            for name, statement in statements.items():
                if (found := _FIELD.fullmatch(str(statement))) and name in staged:
                    values[found[2]] = "" if staged[name] is None else str(staged[name])
            found_rows = self._matched(str(statements.get(by)), str(staged.get(by) or ""))
            by_id = str(statements.get(by)) == "{{Contact.Id}}"
            code = self._act_on(definition, found_rows, values, by_id=by_id)
            if code:
                reject = {"statusCode": code, "message": _MESSAGES[code], "fieldValues": dict(staged)}
                sync.rejects.append({**reject, "recordIndex": index + 1, "invalidFields": []})

    def _matched(self, statement: str, value: str) -> list[Row]:
        if statement == "{{Contact.Id}}":
            row = self._instance.now("contact", int(value)) if value.isdigit() else None
            return [row] if row else []
        found = _FIELD.fullmatch(statement)
        return self._instance.by_value("contact", found[2], value) if found and value else []

    def _act_on(self, definition: Definition, rows: list[Row], values: Values, *, by_id: bool) -> str:
        """What becomes of one row of an import: the code of its refusal, "" when there is none."""
        if "/syncActions/" in definition.uri:
            actions = definition.body.get("syncActions")
            for action in actions if isinstance(actions, list) else ():
                self._change_list(action, rows)
            return "" if rows else "ELQ-00034"
        try:
            for row in rows[:1]:
                self._instance.update("contact", row.id, values, {})
            if not rows and by_id:
                return "ELQ-00034"
            if not rows:
                self._instance.create("contact", values, {})
        except Refuse as refuse:
            return _CODES.get(refuse.trouble.requirement, "ELQ-00125")
        return ""

    def _change_list(self, action: Mapping[str, object], rows: list[Row]) -> None:
        found = _LIST.fullmatch(str(action.get("destination")))
        members = self._instance.lists.get(int(found[1]), ("", set()))[1] if found else set()
        ids = {row.id for row in rows}
        if action.get("action") == "add":
            members |= ids
        else:
            members -= ids


def _value(row: Act | Row, path: str) -> str:
    found = re.fullmatch(r"(?:Contact|Activity)\.Field\((\w+)\)", path)
    if isinstance(row, Row):
        told = {
            "Contact.Id": str(row.id),
            "Contact.UpdatedAt": _bulk_time(row.updated_at),
            "Contact.CreatedAt": _bulk_time(row.created_at),
        }
        return row.values.get(found[1], "") if found else told.get(path, "")
    known = {
        "Activity.Id": str(row.id),
        "Activity.Type": row.type,
        "Activity.CreatedAt": _bulk_time(row.at),
        "Activity.Contact.Id": str(row.contact_id),
        "Activity.Asset.Name": row.asset,
    }
    return row.details.get(found[1] if found else path, "") if found or path not in known else known[path]


def _holds(value: str, sign: str, wanted: str) -> bool:
    match sign:
        case "=":
            return value == wanted
        case ">=":
            return value >= wanted
        case ">":
            return value > wanted
        case "<=":
            return value <= wanted
        case _:
            return value < wanted


def _bulk_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def _page(request: Request, rows: Sequence[Mapping[str, object]]) -> Response:
    offset = int(request.query_params.get("offset", 0))
    limit = min(int(request.query_params.get("limit", 1_000)), _MOST_ROWS)
    part = list(rows[offset : offset + limit])
    more = offset + limit < len(rows)
    body = {"totalResults": len(rows), "limit": limit, "offset": offset, "count": len(part), "hasMore": more}
    return JSONResponse({**body, "items": part})


def _shown(sync: Sync) -> dict[str, object]:
    return {"syncedInstanceUri": sync.of, "status": sync.status(), "uri": sync.uri, "createdBy": "Closeloop"}


def _bad(name: str, requirement: str) -> Response:
    failure = {"field": name, "constraint": requirement}
    return JSONResponse({"failures": [failure]}, 400)

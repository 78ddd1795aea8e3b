"""The simulated REST calls about leads, lists and usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.marketo.simulator.envelope import Refuse, record, success
from closeloop.connectors.marketo.simulator.fields import FIELDS, SEARCHABLE
from closeloop.connectors.marketo.simulator.instance import ACTIONS, Instance, Result, Row
from closeloop.simulation import Faults

_AT_MOST, _MOST_LOSERS = 300, 25
_DEFAULT_FIELDS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")


class LeadsApi:
    """Leads, lists and usage over HTTP."""

    def __init__(self, instance: Instance, faults: Faults) -> None:
        self._instance, self._faults = instance, faults

    def routes(self) -> list[Route]:
        """The paths, under `/rest/v1`."""
        members = "/lists/{list_id:int}/leads.json"
        return [
            Route("/leads/describe2.json", self._describe, methods=["GET"]),
            Route("/leads.json", self._get, methods=["GET"]),
            Route("/leads.json", self._sync, methods=["POST"]),
            Route("/leads/delete.json", self._delete, methods=["POST"]),
            Route("/leads/{lead_id:int}/merge.json", self._merge, methods=["POST"]),
            Route("/lists.json", self._lists, methods=["GET"]),
            Route(members, self._members, methods=["GET"]),
            Route(members, self._join, methods=["POST"]),
            Route(members, self._leave, methods=["DELETE"]),
            Route("/lists/{list_id:int}/leads/ismember.json", self._is_member, methods=["GET"]),
            Route("/stats/usage.json", self._usage, methods=["GET"]),
        ]

    async def _describe(self, _request: Request) -> Response:
        fields = [
            {
                "name": one.name,
                "displayName": one.display_name,
                "dataType": one.data_type,
                "updateable": one.updateable,
                "crmManaged": False,
                **({"length": one.length} if one.length else {}),
            }
            for one in FIELDS.values()
        ]
        return success([{"name": "API Lead", "searchableFields": [[name] for name in SEARCHABLE], "fields": fields}])

    async def _get(self, request: Request) -> Response:
        return self._found(request.query_params)

    def _found(self, asked: Mapping[str, str]) -> Response:
        by = asked.get("filterType", "")
        if by not in SEARCHABLE:
            raise Refuse("1003", f"Invalid filterType '{by}'")
        values = asked.get("filterValues", "").split(",")
        if len(values) > _AT_MOST:
            raise Refuse("1003", f"filterValues may have at most {_AT_MOST} values")
        with self._instance.lock:
            rows = self._instance.find(by, values)
        return _paged(asked, rows)

    async def _sync(self, request: Request) -> Response:
        if request.query_params.get("_method") == "GET":
            return self._found(dict(parse_qsl((await request.body()).decode())))
        body = await _body(request)
        action, lookup = body.get("action", "createOrUpdate"), body.get("lookupField", "email")
        rows = _input(body)
        if action not in ACTIONS:
            raise Refuse("1003", f"Invalid action '{action}'")
        if lookup not in FIELDS:
            raise Refuse("1006", f"Field '{lookup}' not found")
        with self._instance.lock:
            return success([record(result) for result in self._instance.sync(action, lookup, rows)])

    async def _delete(self, request: Request) -> Response:
        ids = await _ids(request)
        with self._instance.lock:
            gone: list[Result] = [
                ("deleted", one, None) if self._instance.delete(one) else ("skipped", one, ("1004", "Lead not found"))
                for one in ids
            ]
        return success([record(one) for one in gone])

    async def _merge(self, request: Request) -> Response:
        asked = request.query_params
        named = [*asked.getlist("leadId"), *(one for several in asked.getlist("leadIds") for one in several.split(","))]
        if not named or not all(one.strip().isdigit() for one in named):
            raise Refuse("1003", "Invalid leadIds")
        if len(named) > _MOST_LOSERS:
            raise Refuse("1003", f"leadIds may have at most {_MOST_LOSERS} values")
        with self._instance.lock:
            if not self._instance.merge(request.path_params["lead_id"], [int(one) for one in named]):
                raise Refuse("1004", "Lead not found")
        return success()

    async def _lists(self, request: Request) -> Response:
        wanted = request.query_params.get("name")
        with self._instance.lock:
            lists = list(self._instance.lists.items())
        found = [(one, name) for one, name in lists if wanted is None or name in wanted.split(",")]
        stamp = "2026-01-01T00:00:00Z"
        return success(
            [{"id": list_id, "name": name, "createdAt": stamp, "updatedAt": stamp} for list_id, name in found]
        )

    async def _members(self, request: Request) -> Response:
        with self._instance.lock:
            rows = self._instance.find("id", map(str, self._instance.members(self._list(request))))
        return _paged(request.query_params, rows)

    async def _join(self, request: Request) -> Response:
        ids = await _ids(request)
        with self._instance.lock:
            list_id = self._list(request)
            return success([record(self._instance.join(list_id, one)) for one in ids])

    async def _leave(self, request: Request) -> Response:
        ids = await _ids(request)
        with self._instance.lock:
            list_id = self._list(request)
            return success([record(self._instance.leave(list_id, one)) for one in ids])

    async def _is_member(self, request: Request) -> Response:
        ids = await _ids(request)
        with self._instance.lock:
            members = set(self._instance.members(self._list(request)))
        said: list[Result] = [("memberof" if one in members else "notmemberof", one, None) for one in ids]
        return success([record(one) for one in said])

    async def _usage(self, _request: Request) -> Response:
        total = self._faults.calls_today
        day = self._faults.clock.now().date().isoformat()
        return success([{"date": day, "total": total, "users": [{"userId": "api@closeloop.example", "count": total}]}])

    def _list(self, request: Request) -> int:
        list_id: int = request.path_params["list_id"]
        if list_id not in self._instance.lists:
            raise Refuse("1013", f"List {list_id} not found")
        return list_id


def _paged(asked: Mapping[str, str], rows: list[Row]) -> Response:
    fields = asked.get("fields", ",".join(_DEFAULT_FIELDS)).split(",")
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        raise Refuse("1006", f"Field '{unknown}' not found")
    size = page_size(asked)
    start = int(asked.get("nextPageToken", "0"))
    page = [{name: row[name] for name in dict.fromkeys(("id", *fields))} for row in rows[start : start + size]]
    return success(page, token=str(start + size) if start + size < len(rows) else None)


def page_size(asked: Mapping[str, str]) -> int:
    """The page size asked for, 300 by default and at most."""
    return min(int(asked.get("batchSize", _AT_MOST)), _AT_MOST)


async def _ids(request: Request) -> list[int]:
    asked = [part for value in request.query_params.getlist("id") for part in value.split(",")]
    ids = [int(one) for one in asked] if asked else [int(row["id"]) for row in _input(await _body(request))]
    if len(ids) > _AT_MOST:
        raise Refuse("1003", f"At most {_AT_MOST} leads a call")
    return ids


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise Refuse("609") from error
    if not isinstance(body, dict):
        raise Refuse("609")
    return body


def _input(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("input")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refuse("1002", "Missing value for required parameter 'input'")
    if len(rows) > _AT_MOST:
        raise Refuse("1003", f"At most {_AT_MOST} records a call")
    return rows

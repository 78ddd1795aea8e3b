"""The simulated REST calls about the activity log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.marketo.simulator.envelope import Refuse, success
from closeloop.connectors.marketo.simulator.instance import Instance
from closeloop.connectors.marketo.simulator.leads_api import page_size
from closeloop.connectors.marketo.simulator.log import DATA_VALUE, DELETE_LEAD, NEW_LEAD, BadToken, Entry, token_for

TYPES = {
    1: "Visit Webpage",
    2: "Fill Out Form",
    9: "Unsubscribe Email",
    10: "Open Email",
    11: "Click Email",
    12: "New Lead",
    13: "Change Data Value",
    32: "Merge Leads",
    37: "Delete Lead",
    104: "Change Status in Progression",
}
_MOST_TYPES, _MOST_LEADS = 10, 30


class LogApi:
    """The activity log over HTTP."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def routes(self) -> list[Route]:
        """The paths, under `/rest/v1`."""
        return [
            Route("/activities/pagingtoken.json", self._token, methods=["GET"]),
            Route("/activities/types.json", self._types, methods=["GET"]),
            Route("/activities.json", self._activities, methods=["GET"]),
            Route("/activities/leadchanges.json", self._lead_changes, methods=["GET"]),
            Route("/activities/deletedleads.json", self._deleted_leads, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        text = request.query_params.get("sinceDatetime", "")
        try:
            since = datetime.fromisoformat(text)
        except ValueError as error:
            raise Refuse("1001", f"Invalid value '{text}'. Required of type 'datetime'") from error
        return success(token=token_for(since))

    async def _types(self, _request: Request) -> Response:
        return success(
            [
                {
                    "id": type_id,
                    "name": name,
                    "description": name,
                    "primaryAttribute": {"name": "Asset", "dataType": "string"},
                    "attributes": [],
                }
                for type_id, name in TYPES.items()
            ]
        )

    async def _activities(self, request: Request) -> Response:
        asked = request.query_params.get("activityTypeIds", "")
        types = [int(one) for one in asked.split(",") if one.isdigit()]
        if not types or len(types) > _MOST_TYPES:
            raise Refuse("1003", f"activityTypeIds must name 1 to {_MOST_TYPES} types")
        leads = {int(one) for one in request.query_params.get("leadIds", "").split(",") if one.isdigit()}
        if len(leads) > _MOST_LEADS:
            raise Refuse("1003", f"leadIds may have at most {_MOST_LEADS} values")
        return self._page(
            request, types, lambda entry: _activity(entry) if not leads or entry.lead_id in leads else None
        )

    async def _lead_changes(self, request: Request) -> Response:
        fields = set(request.query_params.get("fields", "").split(",")) - {""}
        if not fields:
            raise Refuse("1002", "Missing value for required parameter 'fields'")
        return self._page(request, (NEW_LEAD, DATA_VALUE), lambda entry: _lead_change(entry, fields))

    async def _deleted_leads(self, request: Request) -> Response:
        return self._page(request, (DELETE_LEAD,), _activity)

    def _page(
        self, request: Request, types: Collection[int], show: Callable[[Entry], dict[str, object] | None]
    ) -> Response:
        try:
            with self._instance.lock:
                entries, token, more = self._instance.log.page(
                    request.query_params.get("nextPageToken", ""), types, page_size(request.query_params)
                )
        except BadToken as error:
            raise Refuse("1003", "Invalid nextPageToken") from error
        shown = [one for one in map(show, entries) if one is not None]
        return success(shown, token=token, more=more)


def _head(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "marketoGUID": f"{entry.id:032x}",
        "leadId": entry.lead_id,
        "activityDate": entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "activityTypeId": entry.type_id,
        "attributes": [{"name": name, "value": value} for name, value in entry.attributes],
    }


def _activity(entry: Entry) -> dict[str, object]:
    primary = {"primaryAttributeValue": entry.primary, "primaryAttributeValueId": entry.primary_id}
    return {**_head(entry), **{name: value for name, value in primary.items() if value}}


def _lead_change(entry: Entry, fields: Collection[str]) -> dict[str, object] | None:
    changed = [
        {"id": n, "name": one.field, "oldValue": _text(one.old), "newValue": _text(one.new)}
        for n, one in enumerate(entry.changes, 1)
        if one.field in fields
    ]
    if entry.type_id == DATA_VALUE and not changed:
        return None
    return {**_head(entry), "fields": changed}


def _text(value: object) -> str | None:
    return None if value is None else str(value)

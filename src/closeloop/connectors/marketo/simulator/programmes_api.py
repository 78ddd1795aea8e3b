"""The simulated REST calls about programmes and their members."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeloop.connectors.marketo.simulator.envelope import Refuse, success
from closeloop.connectors.marketo.simulator.instance import Instance

_AT_MOST = 300


class ProgrammesApi:
    """Programmes over HTTP."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def routes(self) -> list[Route]:
        """The paths, under `/rest/v1`."""
        members = "/programs/{programme_id:int}/members"
        return [
            Route(f"{members}.json", self._members, methods=["GET"]),
            Route(f"{members}/status.json", self._set_status, methods=["POST"]),
            Route(f"{members}/delete.json", self._delete, methods=["POST"]),
        ]

    def asset_routes(self) -> list[Route]:
        """The paths, under `/rest/asset/v1`."""
        return [Route("/program/byName.json", self._by_name, methods=["GET"])]

    async def _by_name(self, request: Request) -> Response:
        name = request.query_params.get("name", "")
        with self._instance.lock:
            found = [{"id": key, "name": one.name} for key, one in self._instance.programmes.all.items()]
        # The asset API answers a search that finds nothing without any result.
        return success([one for one in found if one["name"] == name] or None)

    async def _members(self, request: Request) -> Response:
        if request.query_params.get("filterType") != "leadId":
            raise Refuse("1003", "Invalid filterType")
        wanted = [int(one) for one in request.query_params.get("filterValues", "").split(",") if one.isdigit()]
        with self._instance.lock:
            programme_id = self._programme(request)
            members = self._instance.programmes.members(programme_id)
            said = [
                {
                    "seq": n,
                    "leadId": one,
                    "programId": programme_id,
                    "reachedSuccess": False,
                    "acquiredBy": False,
                    "membershipDate": "2026-01-01T00:00:00Z",
                }
                for n, one in enumerate(one for one in wanted if one in members)
            ]
        return success(said)

    async def _set_status(self, request: Request) -> Response:
        body = await request.json()
        status = str(body.get("statusName", ""))
        said = []
        with self._instance.lock:
            programme_id = self._programme(request)
            known = self._instance.programmes.all[programme_id].statuses
            if not status or (known and status not in known):
                raise Refuse("1025", f"Program status '{status}' not found")
            for n, lead_id in enumerate(_leads(body)):
                if self._instance.is_there(lead_id):
                    self._instance.programmes.set_status(programme_id, lead_id, status)
                    said.append({"seq": n, "leadId": lead_id, "status": "updated"})
                else:
                    said.append(_skipped(n, lead_id, "1004", "Lead not found"))
        return success(said)

    async def _delete(self, request: Request) -> Response:
        body = await request.json()
        said = []
        with self._instance.lock:
            members = self._instance.programmes.members(self._programme(request))
            for n, lead_id in enumerate(_leads(body)):
                if not self._instance.is_there(lead_id):
                    said.append(_skipped(n, lead_id, "1004", "Lead not found"))
                elif members.pop(lead_id, None) is None:
                    said.append(_skipped(n, lead_id, "1013", "Membership not found"))
                else:
                    said.append({"seq": n, "leadId": lead_id, "status": "deleted"})
        return success(said)

    def _programme(self, request: Request) -> int:
        programme_id: int = request.path_params["programme_id"]
        if programme_id not in self._instance.programmes.all:
            raise Refuse("1013", f"Program {programme_id} not found")
        return programme_id


def _leads(body: dict[str, list[dict[str, int]]]) -> list[int]:
    leads = [int(one["leadId"]) for one in body.get("input", ())]
    if not leads or len(leads) > _AT_MOST:
        raise Refuse("1003", f"1 to {_AT_MOST} members a call")
    return leads


def _skipped(n: int, lead_id: int, code: str, message: str) -> dict[str, object]:
    return {"seq": n, "leadId": lead_id, "status": "skipped", "reasons": [{"code": code, "message": message}]}

"""A vendor that nobody knows: people over REST, whose paging and sign-in are those that a test asks for."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeloop.simulation import Faults, Server, Table
from closeloop.words.moment import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

Person = dict[str, object]

DECLARED = """
rest:
  page: {by: page, param: at, size_param: size, size: 5}
  errors: {items: errors}
objects:
  Contact:
    entity: person
    from: /people
    id: id
    changed: updated
    fields: {Email: mail, Name: full.name, Stage: stage}
    values: {Stage: {"1": open}}
    key: hub_key
    inactive: {state: [off]}
    active: {state: ["on"]}
    write: [Email, Name, Stage]
    rest:
      items: result.people
      total: result.count
      since: {params: {since: "{since}"}, ordered: true}
      one: {path: "/people/{id}"}
      find: {d: {base64: '["hub_key", "=", "{key}"]'}}
      create: {path: /people, id: data.id}
      update: {path: "/people/{id}", method: PATCH}
      delete: {path: "/people/{id}"}
"""
"""The people of such a vendor."""
BASIC = "Basic " + b64encode(b"hub:sesame").decode()


class SmallVendor:
    """Keeps people by number. It does not look whether somebody is there already.

    Attributes:
        paging: page, offset, cursor, link, header link or range.
        signs: the headers of which a call must carry one; empty lets everybody in.
        forbidden: answers 403 to every call.
        retired: knows nothing under /people any more.
        replaces: a PUT replaces the person: what it leaves out is gone.
    """

    def __init__(self, clock: Clock) -> None:
        self.faults = Faults(clock)
        self.people: Table[int, Person] = Table(self.faults)
        self.users: list[Person] = []
        self.paging, self.replaces = "page", False
        self.signs: list[tuple[str, str]] = []
        self.forbidden = self.retired = self.strict = False
        self.n_tokens = 0
        self.token_lives = timedelta(hours=1)
        self._tokens: dict[str, datetime] = {}
        self._next = 0
        self.url = ""

    @contextmanager
    def serve(self) -> Iterator[SmallVendor]:
        """Answer while the block runs."""
        app = Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/users", self._users),
                Route("/people", self._people, methods=["GET", "POST"]),
                Route("/people/{id:int}", self._person, methods=["GET", "PUT", "PATCH", "DELETE"]),
            ]
        )
        with Server(app, self.faults, free=("/oauth",)) as server:
            self.url = server.url
            yield self

    def add(self, **fields: object) -> int:
        """Somebody at the vendor enters a person."""
        self._next += 1
        self._put(self._next, {"id": self._next, **fields})
        return self._next

    def edit(self, number: int, **fields: object) -> None:
        """Somebody at the vendor edits a person."""
        self._put(number, {**(self.people.now(number) or {}), **fields})

    def remove(self, number: int) -> None:
        """Somebody at the vendor deletes a person."""
        self._put(number, {**(self.people.now(number) or {}), "_gone": True})

    def everybody(self) -> list[Person]:
        """All people as they truly stand."""
        return [one for one in self.people.all_now() if "_gone" not in one]

    def _put(self, number: int, person: Person) -> None:
        self.people.put(number, {**person, "updated": self.faults.clock.now().isoformat()})

    async def _token(self, request: Request) -> Response:
        asked = dict(parse_qsl((await request.body()).decode()))
        ours = "Basic " + b64encode(b"app:secret").decode()
        named = (asked.get("username"), asked.get("password")) == ("hub", "sesame")
        if request.headers.get("authorization") != ours or (asked.get("grant_type") == "password" and not named):
            return JSONResponse({"error": "invalid_client", "error_description": "who are you"}, 401)
        self.n_tokens += 1
        token = f"token-{self.n_tokens}"
        self._tokens[token] = self.faults.clock.now() + self.token_lives
        return JSONResponse({"access_token": token, "expires_in": int(self.token_lives.total_seconds())})

    def _refusal(self, request: Request) -> Response | None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = self._tokens.get(bearer, self.faults.clock.now()) > self.faults.clock.now()
        if self.signs and not known and not any(request.headers.get(name) == value for name, value in self.signs):
            return JSONResponse({"errors": [{"code": "AUTH", "message": "sign in"}]}, 401)
        if self.forbidden:
            return JSONResponse({"errors": [{"code": "SCOPE", "message": "scope people.read is missing"}]}, 403)
        return Response("<h1>gone</h1>", 410) if self.retired else None

    async def _people(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if request.method == "POST":
            return self._write(self._next + 1, await request.json(), 201)
        people = [one for one in self.people.all_seen() if "_gone" not in one]
        asked = request.query_params
        if "d" in asked:
            field, _, value = json.loads(urlsafe_b64decode(asked["d"]))
            people = [one for one in people if one.get(field) == value]
        if "since" in asked:
            since = datetime.fromisoformat(asked["since"])
            people = [one for one in people if datetime.fromisoformat(str(one["updated"])) >= since]
            people.sort(key=lambda one: (str(one["updated"]), int(str(one["id"]))))
        return self._paged(request, people)

    async def _users(self, request: Request) -> Response:
        return self._refusal(request) or self._paged(request, self.users)

    def _paged(self, request: Request, people: list[Person]) -> Response:
        asked, size = request.query_params, int(request.query_params.get("size", 5))
        start = int(asked.get("at", 0))
        if self.paging == "page":
            start = (int(asked.get("at", 1)) - 1) * size
        if self.paging == "range":
            first, _, last = request.headers["range"].removeprefix("people=").partition("-")
            start, size = int(first), int(last) - int(first) + 1
            if people and start >= len(people):
                return Response(status_code=416)
        part, end = people[start : start + size], start + size
        body: dict[str, object] = {"result": {"people": part, "count": len(people)}}
        headers = {}
        if end < len(people):
            link = str(request.url.include_query_params(at=end, size=size))
            body["paging"] = {"next": str(end) if self.paging == "cursor" else link}
            headers["link"] = f'<{link}>; rel="next"'
        if self.paging == "range":
            headers["content-range"] = f"people {start}-{start + len(part)}/{len(people)}"
        return JSONResponse(body, headers=headers)

    async def _person(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        number = int(request.path_params["id"])
        person = (self.people.seen if request.method == "GET" else self.people.now)(number)
        if person is None or "_gone" in person:
            return JSONResponse({"errors": [{"code": "NONE", "message": "no such person"}]}, 404)
        if request.method == "GET":
            return JSONResponse(person)
        if request.method == "DELETE":
            self.remove(number)
            return Response(status_code=204)
        before = {} if self.replaces else person
        return self._write(number, {**before, **await request.json()}, 200)

    def _write(self, number: int, person: Mapping[str, object], status: int) -> Response:
        if len(str(person.get("mail", ""))) > 40:
            fault = {"code": "LONG", "message": "at most 40 characters", "field": "mail", "value": person["mail"]}
            return JSONResponse({"errors": [fault]}, 422)
        if self.strict and status == 201 and any(one.get("mail") == person.get("mail") for one in self.everybody()):
            return JSONResponse({"errors": [{"code": "TWICE", "message": "there already"}]}, 409)
        self._next = max(self._next, number)
        self._put(number, {**person, "id": number})
        return JSONResponse({"data": {"id": number}}, status)

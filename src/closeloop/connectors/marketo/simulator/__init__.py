"""A Marketo of our own: the vendor's REST API over loopback HTTP, and hands for what marketers and visitors do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.simulator.envelope import Refuse, failure, refuse
from closeloop.connectors.marketo.simulator.export_api import ExportApi
from closeloop.connectors.marketo.simulator.fields import FIELDS, trouble
from closeloop.connectors.marketo.simulator.import_api import ImportApi
from closeloop.connectors.marketo.simulator.instance import Instance, Row
from closeloop.connectors.marketo.simulator.leads_api import LeadsApi
from closeloop.connectors.marketo.simulator.limits import Limited
from closeloop.connectors.marketo.simulator.log_api import LogApi
from closeloop.connectors.marketo.simulator.programmes_api import ProgrammesApi
from closeloop.connectors.marketo.simulator.tokens import CLIENT_ID, CLIENT_SECRET, Tokens
from closeloop.ports import Clock, Value
from closeloop.simulation import Faults, Server
from closeloop.words.errors import BadInput


class MarketoSimulator:
    """Serves for as long as its `with` block runs.

    Attributes:
        faults: what to break; `fail_next(611)` answers with the vendor's error 611.
        tokens: to expire or revoke them.
        instance: all state; hold `instance.lock` around direct use.
        exports, imports: the bulk API; `exports.jobs.takes` is how long an export is worked on.
    """

    def __init__(self, clock: Clock, *, seed: int = 0, port: int = 0) -> None:
        self.faults = Faults(clock, seed=seed)
        self.tokens = Tokens(clock)
        self.instance = Instance(self.faults)
        self.exports = ExportApi(self.instance, clock)
        self.imports = ImportApi(self.instance, clock)
        self._server = Server(self._app(), self.faults, refuse=refuse, free=("/identity",), port=port)
        self.url = self._server.url
        self._begun = clock.now().astimezone(UTC).date().isoformat()

    @property
    def settings(self) -> Mapping[str, str]:
        """What `connect` needs to reach it. Stories stand still between their steps, so listening does not rest."""
        return {
            "url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "since": self._begun,
            "listen_seconds": "0",
        }

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def objects(self) -> Mapping[str, Mapping[str, bool]]:
        """Object → field → whether it may be said of a record that is entered."""
        return {"Lead": {field.name: field.updateable for field in FIELDS.values()}}

    def enter(self, object_name: str, record: Mapping[str, str]) -> str:
        """A marketer enters a lead from a list: its id. Raises BadInput when it is refused."""
        try:
            return str(self.create_lead(**{name: text for name, text in record.items() if text}))
        except ValueError as error:
            raise BadInput(str(error)) from None

    def create_lead(self, **fields: Value) -> int:
        """A marketer enters a lead, fields under Marketo's names: its id. ValueError when it does not fit."""
        if wrong := trouble(fields):
            raise ValueError(wrong[1])
        with self.instance.lock:
            return self.instance.create(fields)

    def update_lead(self, lead_id: int, **fields: Value) -> None:
        """A marketer edits a lead. ValueError when it does not fit."""
        if wrong := trouble(fields):
            raise ValueError(wrong[1])
        with self.instance.lock:
            self.instance.update(lead_id, fields)

    def delete_lead(self, lead_id: int) -> None:
        """A marketer deletes a lead."""
        with self.instance.lock:
            self.instance.delete(lead_id)

    def merge_leads(self, winner: int, *losers: int) -> None:
        """A marketer merges leads into one of them."""
        with self.instance.lock:
            self.instance.merge(winner, losers)

    def create_list(self, name: str) -> int:
        """A marketer makes a static list: its id."""
        with self.instance.lock:
            return self.instance.list_id(name)

    def visit_page(self, lead_id: int, url: str, referrer: str | None = None) -> None:
        """A known visitor looks at a page; campaign and product are read from its query."""
        parts = urlsplit(url)
        self._act(
            1,
            lead_id,
            parts.path,
            {
                "Webpage URL": url,
                "Query Parameters": parts.query or None,
                "Referrer URL": referrer,
            },
        )

    def fill_form(self, lead_id: int, form: str, url: str, **fields: Value) -> None:
        """A visitor fills out a form on a page, which changes the lead's fields."""
        with self.instance.lock:
            self.instance.update(lead_id, fields)
        self._act(2, lead_id, form, {"Referrer URL": url, "Query Parameters": urlsplit(url).query or None})

    def open_email(self, lead_id: int, email: str) -> None:
        """A lead opens a mail, named "Programme.Asset"."""
        self._act(10, lead_id, email, {"Is Mobile Device": False})

    def click_email(self, lead_id: int, email: str, url: str) -> None:
        """A lead clicks on a link in a mail."""
        self._act(11, lead_id, email, {"Link": url, "Is Mobile Device": False})

    def unsubscribe(self, lead_id: int, email: str = "Newsletter.Monthly") -> None:
        """A lead unsubscribes by a link in a mail."""
        with self.instance.lock:
            self.instance.update(lead_id, {"unsubscribed": True})
        self._act(9, lead_id, email, {})

    def attend_webinar(
        self, lead_id: int, programme: str, status: str = "Attended", product: str | None = None
    ) -> None:
        """A lead's status in an event programme changes: Registered, Attended, No Show."""
        with self.instance.lock:
            programme_id = self.instance.programmes.id_of(programme)
            self.instance.programmes.set_status(programme_id, lead_id, status, product=product)

    def create_programme(self, name: str, statuses: Sequence[str] = ("Member",)) -> int:
        """A marketer makes a programme whose channel has these statuses: its id."""
        with self.instance.lock:
            return self.instance.programmes.id_of(name, statuses)

    def programme_members(self, name: str) -> Mapping[str, str]:
        """Who is in a programme: e-mail address → status."""
        with self.instance.lock:
            on = self.instance.programmes.members(self.instance.programmes.id_of(name))
            return {str(row["email"]): on[int(str(row["id"]))] for row in self.instance.leads() if row["id"] in on}

    def leads(self) -> Sequence[Row]:
        """Every lead as it truly stands, under Marketo's names."""
        with self.instance.lock:
            return self.instance.leads()

    def lead_by_email(self, email: str) -> Row | None:
        """The first lead with this address, as it truly stands."""
        return next((row for row in self.leads() if str(row["email"] or "").lower() == email.lower()), None)

    def told(self, email: str) -> Mapping[str, Value]:
        """What this lead was told of its sale, under the hub's names; empty when nothing, or no such lead."""
        return names.from_told(self.lead_by_email(email) or {})

    def members(self, list_name: str) -> Sequence[str]:
        """The e-mail addresses of who is on a list."""
        with self.instance.lock:
            on = set(self.instance.members(self.instance.list_id(list_name)))
            return [str(row["email"]) for row in self.instance.leads() if row["id"] in on]

    def _act(self, type_id: int, lead_id: int, primary: str, attributes: Mapping[str, Value]) -> None:
        with self.instance.lock:
            self.instance.log.record(type_id, lead_id, primary, attributes=tuple(attributes.items()))

    def _app(self) -> Limited:
        routes: list[BaseRoute] = [
            *LeadsApi(self.instance, self.faults).routes(),
            *LogApi(self.instance).routes(),
            *ProgrammesApi(self.instance).routes(),
        ]
        app = Starlette(
            routes=[
                Route("/identity/oauth/token", self.tokens.give, methods=["GET", "POST"]),
                Mount("/rest/v1", routes=routes),
                Mount("/rest/asset/v1", routes=ProgrammesApi(self.instance).asset_routes()),
                Mount("/bulk/v1", routes=[*self.exports.routes(), *self.imports.routes()]),
            ],
            exception_handlers={Refuse: _refused, HTTPException: _not_found},
        )
        return Limited(app, self.tokens)


async def _refused(_request: Request, error: Exception) -> Response:
    return failure(error.code, error.message) if isinstance(error, Refuse) else failure("611")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return failure("610")

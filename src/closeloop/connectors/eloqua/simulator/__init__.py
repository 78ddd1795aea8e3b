"""An Eloqua of our own: Application REST API 2.0 and Bulk API 2.0 over loopback HTTP, with hands for marketers.

It is written from Oracle's public documentation and proves our side of the contract alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from closeloop.connectors.eloqua.simulator.bulk_api import BulkApi
from closeloop.connectors.eloqua.simulator.instance import Instance, Refuse, Row
from closeloop.connectors.eloqua.simulator.rest_api import RestApi
from closeloop.connectors.eloqua.simulator.sign_in import CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, SignIn
from closeloop.ports import Clock
from closeloop.simulation import Faults, Server
from closeloop.words.errors import BadInput

_PROPERTIES = {
    "email": "C_EmailAddress",
    "first_name": "C_FirstName",
    "last_name": "C_LastName",
    "company": "C_Company",
    "country": "C_Country",
    "title": "C_Title",
    "phone": "C_BusPhone",
}


class EloquaSimulator:
    """Serves for as long as its `with` block runs.

    Attributes:
        faults: what to break.
        gate: whose sign-in to revoke, what to forbid.
        bulk: whose syncs to slow down or to fail.
        instance: all state; hold `instance.lock` around direct use.
    """

    def __init__(self, clock: Clock, *, seed: int = 0, port: int = 0) -> None:
        self.faults = Faults(clock, seed=seed)
        self.instance = Instance(self.faults)
        self.bulk, rest = BulkApi(self.instance), RestApi(self.instance)
        inside = Starlette(
            routes=[
                Mount("/api/REST/2.0", routes=rest.routes()),
                Mount("/api/bulk/2.0", routes=self.bulk.routes()),
                Route("/id", self._whereabouts),
                Route("/auth/oauth2/token", self._token, methods=["POST"]),
            ]
        )
        self.gate = SignIn(inside, clock)
        self._server = Server(self.gate, self.faults, free=("/auth", "/id"), port=port)
        self.url = self._server.url

    @property
    def settings(self) -> Mapping[str, str]:
        """What `connect` needs to reach it, signing in by password alone."""
        return {"url": self.url, "user": USER, "password": PASSWORD}

    @property
    def oauth_settings(self) -> Mapping[str, str]:
        """The same, signing in by OAuth 2."""
        return {**self.settings, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def objects(self) -> Mapping[str, Mapping[str, bool]]:
        """Object → field, by internal name → whether it may be said of a record that is entered."""
        return {
            kind.capitalize(): {field.internal: not field.read_only for field in self.instance.fields[kind]}
            for kind in ("contact", "account")
        }

    def enter(self, object_name: str, record: Mapping[str, str]) -> str:
        """A marketer enters a record from a list: its id. Raises BadInput when it is refused."""
        said = {name: text for name, text in record.items() if text}
        try:
            with self.instance.lock:
                return str(self.instance.create(object_name.lower(), said, {}).id)
        except Refuse as refused:
            wrong = refused.trouble
            raise BadInput(f"{wrong.property}: {wrong.value!r} fails {wrong.requirement}") from None

    def create_contact(self, account: int | None = None, **fields: str) -> int:
        """A marketer enters a contact (email, first_name, … or internal names): its id."""
        links = {} if account is None else {"accountId": str(account)}
        with self.instance.lock:
            return self.instance.create("contact", _internal(fields), links).id

    def update_contact(self, contact: int, **fields: str) -> None:
        """A marketer edits a contact."""
        with self.instance.lock:
            self.instance.update("contact", contact, _internal(fields), {})

    def delete_contact(self, contact: int) -> None:
        """A marketer deletes a contact."""
        with self.instance.lock:
            self.instance.delete("contact", contact)

    def create_account(self, name: str) -> int:
        """A marketer enters an account: its id."""
        with self.instance.lock:
            return self.instance.create("account", {"M_CompanyName": name}, {}).id

    def create_custom_object(self, name: str, *fields: str) -> int:
        """An administrator makes a custom object with these fields by internal name: its id."""
        with self.instance.lock:
            return int(self.instance.make_kind(name, fields))

    def create_entry(self, custom_object: int, contact: int | None = None, **values: str) -> int:
        """A marketer enters a record of a custom object: its id."""
        links = {} if contact is None else {"contactId": str(contact)}
        with self.instance.lock:
            return self.instance.create(str(custom_object), dict(values), links).id

    def create_list(self, name: str) -> int:
        """A marketer makes a shared list: its id."""
        with self.instance.lock:
            return self.instance.list_number(name)

    def act(self, type_: str, contact: int, asset: str, **details: str) -> None:
        """A contact opens, clicks, submits, views: an activity of Eloqua's type, details by the names of its fields."""
        with self.instance.lock:
            self.instance.act(type_, contact, asset, details)

    def contacts(self) -> Sequence[Row]:
        """Every contact as it truly stands."""
        with self.instance.lock:
            return self.instance.all_now("contact")

    def contact_by_email(self, email: str) -> Mapping[str, str] | None:
        """The values of the contact with this address, by internal name."""
        with self.instance.lock:
            return next((row.values for row in self.instance.by_value("contact", "C_EmailAddress", email)), None)

    def members(self, list_name: str) -> Sequence[str]:
        """The addresses of who is on a shared list."""
        with self.instance.lock:
            _, on = self.instance.lists[self.instance.list_number(list_name)]
            return sorted(row.values["C_EmailAddress"] for row in self.instance.all_now("contact") if row.id in on)

    async def _token(self, request: Request) -> Response:
        return await self.gate.token(request)

    async def _whereabouts(self, request: Request) -> Response:
        return await self.gate.whereabouts(request)


def _internal(fields: Mapping[str, str]) -> dict[str, str]:
    return {_PROPERTIES.get(name, name): value for name, value in fields.items()}

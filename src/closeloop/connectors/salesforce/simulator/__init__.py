"""A simulated Salesforce: a real HTTP server with state, sellers who work in it, and faults on demand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from types import TracebackType
from typing import Self

from closeloop.connectors.salesforce.simulator.api import SIGN_IN, Api, turned_away
from closeloop.connectors.salesforce.simulator.bulk_api import BulkApi
from closeloop.connectors.salesforce.simulator.deletions_api import KEPT_DAYS, DeletionsApi
from closeloop.connectors.salesforce.simulator.entering import enter, may_be_entered
from closeloop.connectors.salesforce.simulator.fields import VendorError
from closeloop.connectors.salesforce.simulator.sellers import Sellers
from closeloop.simulation import Faults, Server
from closeloop.words.moment import Clock

__all__ = ["Simulator"]


class Simulator(Sellers):
    """A running vendor: `with simulate(clock) as salesforce: connect(salesforce.settings, clock)`.

    Sellers' moves are methods (`log_call`, `convert_lead` …), `faults` takes faults, `records` and `count` tell.
    """

    def __init__(
        self, clock: Clock, users: Mapping[str, str], *, page_size: int, token_life: timedelta, seed: int, port: int
    ) -> None:
        super().__init__(Faults(clock, seed=seed))
        self.users = {name: self.add_user(f"{id_}@example.com", name, user_id=id_) for id_, name in users.items()}
        secret = ("closeloop-hub", "only for this simulator")
        self._api = Api(self, client_id=secret[0], client_secret=secret[1], page_size=page_size, token_life=token_life)
        self._server = Server(self._api.app, self.faults, refuse=turned_away, free=(SIGN_IN,), port=port)
        self.url = self._server.url
        self.settings: Mapping[str, str] = {
            "url": self.url,
            "client_id": secret[0],
            "client_secret": secret[1],
            "deletions_kept_days": str(KEPT_DAYS),
        }

    @property
    def objects(self) -> Mapping[str, Mapping[str, bool]]:
        """Object → field → whether it may be said of a record that is entered."""
        return may_be_entered(self)

    def enter(self, object_name: str, record: Mapping[str, str]) -> str:
        """An administrator enters a record: its id. Raises BadInput when it is refused."""
        return enter(self, object_name, record, by=self._administrator)

    @cached_property
    def _administrator(self) -> str:
        """Somebody else than the hub, which looks closer at what it made itself."""
        return self.add_user("administrator@example.com", "Administrator")

    def expire_tokens(self) -> None:
        """End every session of the hub."""
        self._api.expire_tokens()

    @property
    def bulk(self) -> BulkApi:
        """Its bulk jobs, how long they take, and when they are ended."""
        return self._api.bulk

    @property
    def deletions(self) -> DeletionsApi:
        """Its log of deletions, which can be cut."""
        return self._api.deletions

    def close_door(self, status: int, code: str, message: str) -> None:
        """Answer every REST call with this: a retired version, a scope that was taken away."""
        self._api.closed = (VendorError(code, message), status)

    def open_door(self) -> None:
        """Answer again."""
        self._api.closed = None

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

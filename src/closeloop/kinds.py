"""Kinds of outside systems: the connector of each, and what it has to be told to connect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from closeloop.outbox.nouns import MAIL
from closeloop.ports import Clock, Connector
from closeloop.words.settings import Setting


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of system. `settings` are asked in order; those that are `seldom` needed are only read, not asked.

    `connector` names its module, which is loaded when a system of this kind is connected.
    """

    connector: str
    settings: tuple[Setting, ...]
    seldom: tuple[str, ...] = ()

    def connect(self, settings: Mapping[str, str], clock: Clock) -> Connector:
        """What the module's `connect` makes of these settings.

        Raises:
            BadInput: a setting is missing or wrong.
        """
        made: Callable[[Mapping[str, str], Clock], Connector] = import_module(self.connector).connect
        return made(settings, clock)

    @property
    def names(self) -> tuple[str, ...]:
        """Every setting that its connector reads."""
        return (*(each.name for each in self.settings), *self.seldom)


_APP = (
    Setting("client_id", "Client id"),
    Setting("client_secret", "Client secret", secret=True),
)
_SIGN_IN = (
    Setting("user", "User", needed=False),
    Setting("password", "Password", secret=True, needed=False),
    Setting("token", "Token or key", secret=True, needed=False),
    Setting("client_id", "Client id", needed=False),
    Setting("client_secret", "Client secret", secret=True, needed=False),
)
KINDS: Final[Mapping[str, Kind]] = {
    "salesforce": Kind(
        "closeloop.connectors.salesforce",
        (Setting("url", "Address, such as https://example.my.salesforce.com"), *_APP),
        (
            "api_version",
            "timeout_seconds",
            "look_back_seconds",
            "page_size",
            "objects",
            "deletions_every_seconds",
            "deletions_kept_days",
            "bulk_from",
            "bulk_poll_seconds",
            "bulk_wait_seconds",
        ),
    ),
    "marketo": Kind(
        "closeloop.connectors.marketo",
        (Setting("url", "Address, such as https://123-abc-456.mktorest.com"), *_APP),
        (
            "fields",
            "nurture_lists",
            "daily_quota",
            "look_back_seconds",
            "since",
            "listen_seconds",
            "log_days",
            "programme_status",
            "bulk_wait_seconds",
        ),
    ),
    "tryton": Kind(
        "closeloop.connectors.tryton",
        (
            Setting("url", "Address of the server, such as https://tryton.example.com"),
            Setting("database", "Database"),
            Setting("username", "User"),
            Setting("password", "Password", secret=True),
        ),
        (
            "company",
            "person_category",
            "works_for",
            "party_fields",
            "opportunity_fields",
            "look_back_seconds",
            "page_size",
            "timeout_seconds",
        ),
    ),
    "eloqua": Kind(
        "closeloop.connectors.eloqua",
        (
            Setting("url", "Address, such as https://secure.p01.eloqua.com"),
            Setting("user", "User, as Company\\User"),
            Setting("password", "Password", secret=True),
        ),
        (
            "client_id",
            "client_secret",
            "declared",
            "nurture_lists",
            "daily_quota",
            "look_back_seconds",
            "activities_every_seconds",
            "poll_seconds",
        ),
    ),
    "sql": Kind(
        "closeloop.connectors.sql",
        (
            Setting("url", "Address, such as postgresql+psycopg://user@host/erp"),
            Setting("password", "Password, if the address has none", secret=True, needed=False),
        ),
        ("look_back_seconds", "page_size"),
    ),
    "folder": Kind(
        "closeloop.connectors.folder",
        (Setting("folder", "The folder with the files"),),
        ("delimiter", "encoding", "page_size"),
    ),
    "rest": Kind(
        "closeloop.connectors.rest",
        (Setting("url", "Address, if the declaration has none", needed=False), *_SIGN_IN),
        ("look_back_seconds",),
    ),
    MAIL: Kind(
        "closeloop.connectors.smtp",
        (
            Setting("host", "Mail server"),
            Setting("sender", "Who mails, such as Closeloop <hub@example.com>"),
            Setting("username", "User", needed=False),
            Setting("password", "Password", secret=True, needed=False),
        ),
        ("tls", "port", "local_name"),
    ),
}
"""Kind of a source → how it is connected."""

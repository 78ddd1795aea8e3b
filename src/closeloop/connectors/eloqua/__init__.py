"""Oracle Eloqua: contacts, accounts and acts out of it, contacts and lists into it; with a simulator of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

from closeloop.connectors.eloqua.activities import Activities
from closeloop.connectors.eloqua.bulk import Bulk
from closeloop.connectors.eloqua.connector import Eloqua
from closeloop.connectors.eloqua.names import LEAD
from closeloop.declared.read import read_declared
from closeloop.declared.rest.nouns import SECRETS
from closeloop.declared.rest.read import RestKeys
from closeloop.declared.rest.system import RestSystem
from closeloop.declared.rest.wire import Wire
from closeloop.ports import Clock
from closeloop.words.errors import BadInput
from closeloop.words.settings import number, web_address

if TYPE_CHECKING:
    from closeloop.connectors.eloqua.simulator import EloquaSimulator

__all__ = ["DECLARATION", "Eloqua", "connect", "simulate"]

DECLARATION = "eloqua.yaml"
_LOGIN = "https://login.eloqua.com"


def connect(settings: Mapping[str, str], clock: Clock) -> Eloqua:
    r"""A connector to one instance.

    Args:
        settings: `user` ("Company\User") and `password`; `client_id` and `client_secret` of an app to sign in by
            OAuth 2; and if wanted `url` (where to sign in), `declared` (a declaration in place of the packaged one),
            `nurture_lists` (names, comma-separated), `daily_quota` (calls), `look_back_seconds`,
            `activities_every_seconds`, `poll_seconds`.
        clock: tells when a token ends and when activities are due.

    Raises:
        BadInput: a setting is missing or not in its form; a ProcessError names each mistake of the declaration.
    """
    keys = RestKeys()
    packaged = files(__package__).joinpath(DECLARATION).read_bytes()
    content = settings["declared"].encode() if settings.get("declared") else packaged
    declared = read_declared(settings.get("declared_file", DECLARATION), content, keys)
    if LEAD not in declared.objects:
        raise BadInput(f"eloqua: the declaration has no object {LEAD!r}; the hub calls Eloqua's contacts so")
    by_app = bool(settings.get("client_id"))
    needed = SECRETS["password" if by_app else "basic"]
    missing = [name for name in needed if not settings.get(name)]
    if missing:
        raise BadInput(f"eloqua: {', '.join(missing)} missing; needed are {', '.join(needed)}")
    quota = int(number("eloqua", settings, "daily_quota", 0, nought=True)) or None
    part = replace(
        keys.found,
        auth=replace(keys.found.auth, kind="password" if by_app else "basic"),
        budget=replace(keys.found.budget, per_day=quota),
    )
    url = web_address("eloqua", {"url": _LOGIN, **settings})
    wire = Wire("eloqua", url, part, {name: settings[name] for name in needed}, clock, time.sleep)
    look_back = timedelta(seconds=number("eloqua", settings, "look_back_seconds", 300, nought=True))
    every = timedelta(seconds=number("eloqua", settings, "activities_every_seconds", 900, nought=True))
    poll_seconds = number("eloqua", settings, "poll_seconds", 2, nought=True)
    bulk = Bulk(wire, time.sleep, poll_seconds)
    return Eloqua(
        RestSystem(wire, declared, part, look_back),
        bulk,
        Activities(bulk, clock, every, max(look_back, timedelta(hours=1))),
        nurture_lists=[name.strip() for name in settings.get("nurture_lists", "").split(",") if name.strip()],
        pause=time.sleep,
        poll_seconds=poll_seconds,
    )


def simulate(clock: Clock, *, seed: int = 0, port: int = 0) -> EloquaSimulator:
    """A simulated Eloqua that answers inside a `with` block; its `settings` are for `connect`.

    Args:
        clock: its time.
        seed: of what happens by chance (shares of lost answers).
        port: 0 takes any free one.
    """
    made: type[EloquaSimulator] = import_module("closeloop.connectors.eloqua.simulator").EloquaSimulator
    return made(clock, seed=seed, port=port)

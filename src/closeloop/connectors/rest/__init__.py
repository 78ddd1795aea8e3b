"""Any vendor with a REST interface, by a declaration of its records and requests; no code for the vendor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta

from closeloop.declared.read import read_declared
from closeloop.declared.rest.nouns import SECRETS
from closeloop.declared.rest.read import RestKeys
from closeloop.declared.rest.system import RestSystem
from closeloop.declared.rest.wire import Wire
from closeloop.ports import Clock
from closeloop.words.errors import BadInput
from closeloop.words.settings import number, web_address

__all__ = ["RestSystem", "connect"]


def connect(settings: Mapping[str, str], clock: Clock) -> RestSystem:
    """A connector to one vendor.

    Args:
        settings: `declared` (the declaration's text); if wanted `declared_file` (its name, for messages), `url` (goes
            before the one in the declaration), `name` (of the vendor in messages), `look_back_seconds`; and what the
            declaration's `rest.auth` needs: user, password; token; client_id, client_secret.
        clock: tells when a token ends and how long a day's limit lasts.

    Raises:
        BadInput: a setting is missing or not in its form; a ProcessError names each mistake of the declaration.
    """
    if not settings.get("declared"):
        raise BadInput("rest: declared is missing; name the file of the declaration in the source of the process file")
    keys = RestKeys()
    declared = read_declared(settings.get("declared_file", "declared.yaml"), settings["declared"].encode(), keys)
    name = settings.get("name", "rest")
    needed = SECRETS[keys.found.auth.kind]
    missing = [each for each in needed if not settings.get(each)]
    if missing:
        raise BadInput(
            f"{name}: {', '.join(missing)} missing; signing in by {keys.found.auth.kind!r} needs {', '.join(needed)}"
        )
    url = web_address(name, settings) if settings.get("url") else ""
    wire = Wire(name, url, keys.found, {each: settings[each] for each in needed}, clock, time.sleep)
    look_back = timedelta(seconds=number(name, settings, "look_back_seconds", 300, nought=True))
    return RestSystem(wire, declared, keys.found, look_back)

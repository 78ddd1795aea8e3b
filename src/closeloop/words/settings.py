"""Settings as an installation gives them, all of them text: read as numbers and addresses, or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from closeloop.words.errors import BadInput


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connector, as somebody is asked for it.

    Attributes:
        name: in small letters, as in `settings`.
        asks: what it is, for a person: "Address of the organisation".
        secret: it is typed unseen, and shown nowhere.
        needed: without it there is no connection.
        usual: what holds when nothing is said.
    """

    name: str
    asks: str
    secret: bool = False
    needed: bool = True
    usual: str = ""


def number(system: str, settings: Mapping[str, str], name: str, default: float, *, nought: bool = False) -> float:
    """The number under `name`, `default` if none is given.

    Args:
        system: whose settings they are, for the message.
        settings: as given.
        name: of the setting.
        default: what holds when it is not there.
        nought: whether 0 will do.

    Raises:
        BadInput: not a number above 0, or from 0 with `nought`.
    """
    given = settings.get(name)
    if given is None:
        return default
    try:
        found = float(given)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or found < 0 or (found == 0 and not nought):
        valid = "from 0" if nought else "above 0"
        raise BadInput(f"{system}: {name} = {given!r}; valid is a number {valid}, such as {default:g}")
    return found


def web_address(system: str, settings: Mapping[str, str], name: str = "url") -> str:
    """The address under `name`.

    Raises:
        BadInput: not one of HTTP with a host.
    """
    given = settings[name].strip()
    try:
        parts = urlsplit(given)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise BadInput(f"{system}: {name} = {given!r}; valid is an address such as https://example.my.vendor.com")
    return given

"""Marketo: leads and acts out of it, leads, list memberships and the state of sales into it; with a simulator of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.connector import Marketo
from closeloop.ports import Clock
from closeloop.words.errors import BadInput
from closeloop.words.settings import number, web_address

if TYPE_CHECKING:
    from closeloop.connectors.marketo.simulator import MarketoSimulator

__all__ = ["Marketo", "connect", "simulate"]

_REQUIRED = ("url", "client_id", "client_secret")


def connect(settings: Mapping[str, str], clock: Clock) -> Marketo:
    """A connector to one instance.

    Args:
        settings: `url`, `client_id`, `client_secret`; and if wanted `fields` (names to be read besides the usual ones,
            comma-separated), `nurture_lists` (names, comma-separated), `daily_quota` (calls), `look_back_seconds`,
            `since` (the day from which there are leads, 2019-03-31), `log_days` (deletions are kept),
            `programme_status` (of who joins a programme), `bulk_wait_seconds` (for an import),
            `listen_seconds` (between rounds of reading).
        clock: tells when a token ends and how long a quota lasts.

    Raises:
        BadInput: a setting is missing, or is not in its form.
    """
    missing = [name for name in _REQUIRED if not settings.get(name)]
    if missing:
        raise BadInput(f"marketo: {', '.join(missing)} missing; needed are {', '.join(_REQUIRED)}")
    return Marketo(
        Rest(web_address("marketo", settings), settings["client_id"], settings["client_secret"], clock),
        extra_fields=_names(settings.get("fields", "")),
        nurture_lists=_names(settings.get("nurture_lists", "")),
        look_back=timedelta(seconds=number("marketo", settings, "look_back_seconds", 300, nought=True)),
        daily_quota=int(number("marketo", settings, "daily_quota", 50_000)),
        since=_day(settings.get("since", "")),
        log_kept=timedelta(days=number("marketo", settings, "log_days", 14)),
        listen_every=timedelta(seconds=number("marketo", settings, "listen_seconds", 20, nought=True)),
        programme_status=settings.get("programme_status") or "Member",
        patience=timedelta(seconds=number("marketo", settings, "bulk_wait_seconds", 40, nought=True)),
    )


def simulate(clock: Clock, *, seed: int = 0, port: int = 0) -> MarketoSimulator:
    """A simulated Marketo that answers inside a `with` block; its `settings` are for `connect`.

    Args:
        clock: its time.
        seed: of what happens by chance (shares of lost answers).
        port: 0 takes any free one.
    """
    made: type[MarketoSimulator] = import_module("closeloop.connectors.marketo.simulator").MarketoSimulator
    return made(clock, seed=seed, port=port)


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        raise BadInput(f"marketo: since = {text!r} is no day; valid is one such as 2019-03-31") from None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]

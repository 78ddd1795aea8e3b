"""Salesforce: `connect` speaks with a real organisation, `simulate` stands in for one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from closeloop.connectors.salesforce.connector import connect
from closeloop.ports import Clock

if TYPE_CHECKING:
    from closeloop.connectors.salesforce.simulator import Simulator

__all__ = ["connect", "simulate"]


def simulate(
    clock: Clock,
    users: Mapping[str, str] | None = None,
    *,
    page_size: int = 2000,
    token_life: timedelta = timedelta(hours=2),
    seed: int = 0,
    port: int = 0,
) -> Simulator:
    """A simulated Salesforce that starts to answer inside a `with` block.

    Args:
        clock: its time.
        users: id ("005…", 15 or 18 characters) → name of each seller.
        page_size: records on one page of a query.
        token_life: how long a session lasts.
        seed: of what happens by chance (shares of lost answers).
        port: 0 takes any free one.
    """
    made: type[Simulator] = import_module("closeloop.connectors.salesforce.simulator").Simulator
    return made(clock, users or {}, page_size=page_size, token_life=token_life, seed=seed, port=port)

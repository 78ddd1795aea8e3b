"""A hub as the console sees it: looked into from the side, and sent clicks down the road."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from closeloop.db import Database
from closeloop.flow import Hub
from closeloop.inbox.nouns import Click
from closeloop.ports import Connector
from closeloop.process.nouns import Process
from closeloop.web.console.window import Verdict
from closeloop.web.plan_desk import PlanDesk

PATIENCE = timedelta(seconds=5)
"""How long a click waits for what comes of it."""
_LOOK_EVERY = timedelta(milliseconds=20)
_VERDICTS = text("SELECT state, reason FROM v_messages WHERE receipt_id = :receipt ORDER BY position")


class HubWindow:
    """What pages and commands need of a hub. May be used from several threads."""

    def __init__(self, hub: Hub, ends: Mapping[str, Connector] | None = None) -> None:
        """Args:
        ends: the connected systems, for which plans may be made.
        """
        self.hub, self.plans = hub, PlanDesk(hub, ends or {})

    @property
    def database(self) -> Database:
        return self.hub.database

    @property
    def process(self) -> Process:
        return self.hub.process

    def now(self) -> datetime:
        """The hub's moment, UTC."""
        return self.hub.now()

    def send(self, click: Click) -> Verdict:
        """Send a click down the road, and wait for what comes of it; "waiting" when nobody has decided it in time."""
        return self._send([click], decides=False)[0]

    def decide(self, *clicks: Click) -> list[Verdict]:
        """The same of clicks in one receipt, decided here too, since no hub may run; one that does may be faster."""
        return self._send(clicks, decides=True)

    def _send(self, clicks: Sequence[Click], *, decides: bool) -> list[Verdict]:
        receipt, pause = self.hub.click(*clicks), threading.Event()
        for _ in range(PATIENCE // _LOOK_EVERY):
            while decides and self.hub.decide("live"):
                pass
            with self.database.read() as connection:
                rows = connection.execute(_VERDICTS, {"receipt": receipt.id}).all()
            if len(rows) == len(clicks):
                return [Verdict(row.state, row.reason or "") for row in rows]
            pause.wait(_LOOK_EVERY.total_seconds())
        return [Verdict("waiting")] * len(clicks)

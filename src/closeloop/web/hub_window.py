"""A hub as the console sees it: looked into from the side, and sent clicks down the road."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text

from closeloop.db import Database
from closeloop.flow import Hub
from closeloop.inbox.nouns import Click, Receipt
from closeloop.ports import Connector
from closeloop.process.nouns import Process
from closeloop.web.console.window import Verdict
from closeloop.web.plan_desk import PlanDesk

PATIENCE = timedelta(seconds=5)
"""How long a click waits for what comes of it."""
_LOOK_EVERY = timedelta(milliseconds=20)
_VERDICT = text("SELECT state, reason FROM v_messages WHERE receipt_id = :receipt")


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
        receipt, pause = self.hub.click(click), threading.Event()
        for _ in range(PATIENCE // _LOOK_EVERY):
            verdict = self.verdict(receipt)
            if verdict.state != "waiting":
                return verdict
            pause.wait(_LOOK_EVERY.total_seconds())
        return Verdict("waiting")

    def verdict(self, receipt: Receipt) -> Verdict:
        """What has come of a receipt of one message."""
        with self.database.read() as connection:
            row = connection.execute(_VERDICT, {"receipt": receipt.id}).first()
        return Verdict("waiting") if row is None else Verdict(row.state, row.reason or "")

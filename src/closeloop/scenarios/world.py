"""The world of a scenario: a hub with its web door, simulated vendors over loopback HTTP, a mail server, a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import httpx2

from closeloop.connectors import marketo, salesforce, smtp
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator as SalesforceSimulator
from closeloop.connectors.smtp.mailbox import Mailbox
from closeloop.crew import pump
from closeloop.flow import Hub
from closeloop.outbox.nouns import MAIL
from closeloop.ports import Connector
from closeloop.process.nouns import Process
from closeloop.scenarios.clock import StoryClock
from closeloop.scenarios.vendors import marketo_for, salesforce_for
from closeloop.web.serve import Served
from closeloop.words.errors import BadInput

WRITE_KEY = "simulated-write-key"
_KEPT_LONG = {"log_days": "3650"}
"""Stories jump weeks in one go, in which no hub would be asleep."""


@dataclass(slots=True)
class World:
    """Everything that a story happens to.

    Attributes:
        ends: the hub's connectors by source.
        url: where doors and console answer.
    """

    hub: Hub
    clock: StoryClock
    crm: SalesforceSimulator
    ma: MarketoSimulator
    mailbox: Mailbox
    ends: Mapping[str, Connector]
    url: str
    _browser: httpx2.Client
    _numbers: Iterator[int]

    @property
    def process(self) -> Process:
        return self.hub.process

    def until(self, at: datetime) -> None:
        """Move the clock on to `at`; clocks that run out on the way do so at their time."""
        while (due := self.hub.next_due()) is not None and self.clock.now() < due <= at:
            self.clock.set(due)
            self.settle()
        self.clock.set(at)
        self.settle()

    def settle(self) -> None:
        """Let everything come to rest: decided, delivered, answered, heard."""
        pump(self.hub, self.ends)

    def send(self, event: Mapping[str, object]) -> None:
        """One event of a browser through the web door, as public clients send it."""
        now = self.clock.now().isoformat()
        body = {"messageId": f"story-{next(self._numbers)}", "timestamp": now, "sentAt": now, **event}
        response = self._browser.post(f"{self.url}/v1/{event['type']}", json=body)
        if response.status_code != 200:
            raise BadInput(f"the web door answered {response.status_code}: {response.text}")

    def next_number(self) -> int:
        """1, 2, 3 …: tells people of this world apart."""
        return next(self._numbers)


@contextmanager
def world(hub: Hub, clock: StoryClock, port: int = 0) -> Iterator[World]:
    """Build a world around a hub whose clock this is.

    Args:
        hub: on a database of the caller's.
        clock: the hub's, and everybody else's.
        port: of doors and console; 0 takes any free one.
    """
    process = hub.process
    with ExitStack() as stack:
        crm = stack.enter_context(salesforce_for(process, clock))
        ma = stack.enter_context(marketo_for(process, clock))
        mailbox = stack.enter_context(smtp.simulate(clock))
        ends: dict[str, Connector] = {
            source_of(process, "salesforce"): salesforce.connect(crm.settings, clock),
            source_of(process, "marketo"): marketo.connect({**ma.settings, **_KEPT_LONG}, clock),
            MAIL: smtp.connect(mailbox.settings, clock),
        }
        for end in ends.values():
            stack.callback(end.close)
        served = stack.enter_context(Served(hub, {WRITE_KEY: source_of(process, "webform")}, port))
        browser = stack.enter_context(httpx2.Client(auth=(WRITE_KEY, ""), trust_env=False))
        yield World(hub, clock, crm, ma, mailbox, ends, served.url, browser, count(1))


def source_of(process: Process, kind: str) -> str:
    """The source of this kind.

    Raises:
        BadInput: the process has none, so no story can be played on it.
    """
    for name, source in process.sources.items():
        if source.kind == kind:
            return name
    raise BadInput(f"{process.signed} has no {kind} among its sources; scenarios need salesforce, marketo and webform")

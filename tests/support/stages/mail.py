"""A mail server on stage: nothing is read there, and one verb is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from closeloop.connectors import smtp
from closeloop.ports import Connector, Ref, Value
from closeloop.words.moment import ManualClock
from support.stages.stage import Stage


class MailStage(Stage):
    """A server that takes all but one recipient."""

    folder, person = "smtp", "message"
    abilities = frozenset({"away", "judges"})
    bad = ("to", "gone@acme.example")

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock, self.stack = clock, ExitStack()
        self.vendor = self.stack.enter_context(smtp.simulate(clock))
        self.vendor.reject("gone@acme.example")
        self.connector = smtp.connect(self.vendor.settings, clock)

    def enter(self, name: str, second: str = "") -> Ref:
        raise NotImplementedError

    def edit(self, ref: Ref, second: str) -> None:
        raise NotImplementedError

    @contextmanager
    def away(self) -> Iterator[Connector]:
        yield smtp.connect({**self.vendor.settings, "port": "9"}, self.clock)

    def fields(self, name: str, key: str) -> dict[str, Value]:
        return {"to": "sato@acme.example", "subject": name, "text": "Call."}

    def close(self) -> None:
        super().close()
        self.stack.close()

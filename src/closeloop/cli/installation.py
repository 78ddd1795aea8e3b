"""What every command is given: the hub of this installation, opened when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from closeloop.db import Database
from closeloop.flow import Hub
from closeloop.inbox.nouns import Receipt
from closeloop.ports import Clock, Connector
from closeloop.process.nouns import Process


class Installation(Protocol):
    """One database, one process and the outside systems, by the options and the environment.

    Every member may raise `BadInput` (a setting is wrong) or `Unready` (the database does not answer).
    """

    @property
    def url(self) -> str | None:
        """The database that was named, None if none was."""
        ...

    @property
    def process_file(self) -> Path | None:
        """The process file that was named, None if none was."""
        ...

    @property
    def database(self) -> Database: ...

    @property
    def process(self) -> Process: ...

    @property
    def hub(self) -> Hub: ...

    def now(self) -> datetime:
        """The moment, UTC."""
        ...

    def take_in(self, receipts: Sequence[Receipt]) -> None:
        """The first commit of the road."""
        ...

    def use(self, process_file: Path) -> None:
        """Take this process file, before anything is opened."""
        ...

    def fresh(self, url: str, process: Process, clock: Clock) -> AbstractContextManager[Hub]:
        """A hub on a database that has nothing in it yet."""
        ...

    def opened(self, url: str) -> AbstractContextManager[Database]:
        """Another database, brought to the present shape; nothing is written into it."""
        ...

    def connected(self) -> AbstractContextManager[tuple[Mapping[str, Connector], Sequence[str]]]:
        """The outside systems by source, and for each that is not connected a line that says what to set."""
        ...

    def reading(self, source: str) -> AbstractContextManager[Connector]:
        """One outside system, to read from; neither a hub nor its database has a part in it.

        Raises:
            BadInput: the process has no such system, or it is not connected; says what to set.
        """
        ...

    @property
    def kinds(self) -> Mapping[str, str]:
        """Everything that can be connected, mail last → its kind."""
        ...

    def made(self, source: str, settings: Mapping[str, str]) -> Connector:
        """A connector to a system by these settings; nothing is asked of it yet.

        Raises:
            BadInput: a setting is missing or wrong.
        """
        ...

    def keep(self, source: str, settings: Mapping[str, str]) -> str:
        """Keep these settings of a system, sealed; says where the key is.

        Raises:
            BadInput: there is no key, and no place for one.
        """
        ...

    def forget(self, source: str) -> None:
        """Take the kept settings of a system away."""
        ...

    def set_up(self) -> Mapping[str, str]:
        """Each system that is connected, with where its settings come from."""
        ...

    def write_keys(self) -> tuple[Mapping[str, str], Sequence[str]]:
        """Write key → source, and for each web form without one a line that says what to set."""
        ...

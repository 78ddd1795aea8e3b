"""A vendor's connector watched, or with its protections against lost answers turned off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from closeloop.ports import Answer, Command, Connector, Record, Verb


class Watched:
    """Remembers every command that was handed to the connector."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.pushed: list[Command] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """As the connector does."""
        self.pushed += commands
        return self._connector.push(commands)


class Forgetful(Watched):
    """Each attempt at a create is a record of its own to the vendor, and none is ever read back."""

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """As a connector without keys would."""
        return super().push([self._unnamed(command) for command in commands])

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """Nothing is found."""
        return {}

    def _unnamed(self, command: Command) -> Command:
        if command.verb is not Verb.CREATE:
            return command
        fields = {name: value for name, value in command.fields.items() if name.lower() != "email"}
        return replace(command, our_key=f"{command.our_key}/{command.attempt}", fields=fields)

"""Which commands may go to Salesforce in one call, and which of them spoiled one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from closeloop.connectors.salesforce.client import Body
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.writing import our_key
from closeloop.ports import Command, Ref, Verb

Bodies = Sequence[tuple[Command, Body]]
_NAMED = re.compile(r"No such column '(\w+)'")


def waves(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Commands about one record keep their order: the second of them goes with the second wave."""
    turns: dict[Ref | str, int] = {}
    waves: list[list[Command]] = []
    for command in commands:
        about = {command.ref or our_key(command), *([command.refs["loser"]] if "loser" in command.refs else [])}
        turn = max(turns.get(one, 0) for one in about)
        turns.update(dict.fromkeys(about, turn + 1))
        if turn == len(waves):
            waves.append([])
        waves[turn].append(command)
    yield from waves


def alike(commands: Iterable[Command]) -> Iterator[list[Command]]:
    """The commands by verb and object, in order of the first of each."""
    groups: dict[tuple[Verb, str], list[Command]] = {}
    for command in commands:
        groups.setdefault((command.verb, command.object), []).append(command)
    yield from groups.values()


def apart(bodies: Bodies, refused: BadCall) -> tuple[Bodies, Bodies]:
    """The records without fault and those at fault: all when the address is wrong, none when nobody can tell."""
    if refused.status != 400:
        return [], bodies
    named = {name for error in refused.errors for name in (*error.fields, *_NAMED.findall(error.message))}
    bad = [one for one in bodies if named & one[1].keys()]
    return [one for one in bodies if one not in bad], bad

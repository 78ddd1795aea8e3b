"""Which commands may go to Salesforce in one call, and which of them spoiled one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from closeloop.connectors.salesforce.client import Body
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.writing import our_key
from closeloop.ports import Command, Ref, Verb

T = TypeVar("T")
Bodies = Sequence[tuple[Command, Body]]
_ALSO: defaultdict[Verb, frozenset[str]] = defaultdict(
    frozenset, {Verb.MERGE: frozenset({"loser"}), Verb.CONVERT: frozenset({"person"})}
)
"""The relations whose record is changed as well."""
_NAMED = re.compile(r"No such column '(\w+)'")


def waves(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Commands about one record keep their order: the second of them goes with the second wave."""
    turns: dict[Ref | str, int] = {}
    waves: list[list[Command]] = []
    for command in commands:
        about = {
            command.ref or our_key(command),
            *(command.refs[name] for name in _ALSO[command.verb] & command.refs.keys()),
        }
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


def in_parts(listed: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many at a time, in order."""
    left = iter(listed)
    while some := list(islice(left, size)):
        yield some


def apart(bodies: Bodies, refused: BadCall) -> tuple[Bodies, Bodies]:
    """The records without fault and those at fault: all when the address is wrong, none when nobody can tell."""
    if refused.status != 400:
        return [], bodies
    named = {name for error in refused.errors for name in (*error.fields, *_NAMED.findall(error.message))}
    bad = [one for one in bodies if named & one[1].keys()]
    return [one for one in bodies if one not in bad], bad

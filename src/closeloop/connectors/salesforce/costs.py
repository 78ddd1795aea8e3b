"""How many calls a push makes when nothing fails, told without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil

from closeloop.connectors.salesforce import bulk, converting
from closeloop.connectors.salesforce.batches import alike, waves
from closeloop.connectors.salesforce.client import MOST_RECORDS
from closeloop.connectors.salesforce.merging import refusal as merge_refusal
from closeloop.connectors.salesforce.portions import IDS_A_QUERY
from closeloop.connectors.salesforce.push import CLOSABLE, SWITCHES
from closeloop.connectors.salesforce.recipes import RECIPES
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.connectors.salesforce.writing import body
from closeloop.ports import Clock, Command, Verb
from closeloop.words.errors import Permanent


class Costs:
    """Counts. What one group of commands learns (the description of an object) costs the next ones nothing.

    Args:
        shapes: says which objects are described already.
        knows_status: whether it is known what the status of a converted lead is.
        clock: as the commands' own.
    """

    def __init__(self, shapes: Shapes, knows_status: Callable[[], bool], clock: Clock) -> None:
        self._shapes, self._knows_status, self._clock = shapes, knows_status, clock

    def of(self, commands: Sequence[Command]) -> int:
        """The calls of one `push`, each command tried for the first time, no record deleted or finished already."""
        described: set[str] = set()
        n, knows_status = 0, self._knows_status()
        for wave in waves(commands):
            for group in alike(wave):
                n += self._of_group(group, described)
                if group[0].verb is Verb.CONVERT and not knows_status and _asks_status(group):
                    n, knows_status = n + 1, True
        return n

    def _of_group(self, group: Sequence[Command], described: set[str]) -> int:
        verb, name = group[0].verb, group[0].object
        count: Mapping[Verb, Callable[[], int]] = {
            Verb.CREATE: lambda: self._writes(group, described),
            Verb.UPDATE: lambda: self._writes(group, described),
            Verb.MERGE: lambda: self._merges(group, described),
            Verb.CONVERT: lambda: self._conversions(group, described),
            Verb.RESTORE: lambda: self._restores(group, described),
            Verb.ERASE: lambda: 2 * _calls(sum(command.ref is not None for command in group)),
        }
        if verb in SWITCHES and name in RECIPES:
            looks = range(2 if name in CLOSABLE else 1)
            return _calls(len(group)) + sum(self._reads(name, len(group), described) for _ in looks)
        return count.get(verb, lambda: 0)()

    def _writes(self, group: Sequence[Command], described: set[str]) -> int:
        n = sum(self._can_be_said(command) for command in group)
        if n <= MOST_RECORDS:
            return _calls(n)
        return bulk.CALLS + self._describes(group[0].object, described)

    def _merges(self, group: Sequence[Command], described: set[str]) -> int:
        n = sum(not merge_refusal(command) for command in group)
        return _calls(n) + self._reads(group[0].object, 2 * n, described)

    def _conversions(self, group: Sequence[Command], described: set[str]) -> int:
        sound = [command for command in group if not converting.refusal(command)]
        calls = 0
        for start in range(0, len(sound), converting.MOST_CONVERSIONS):
            some = sound[start : start + converting.MOST_CONVERSIONS]
            alone = {command.refs["person"] for command in some if converting.needs_account(command)}
            calls += 1 + self._reads("Contact", len(alone), described) + self._reads("Lead", len(some), described)
        return calls

    def _restores(self, group: Sequence[Command], described: set[str]) -> int:
        n = sum(command.ref is not None for command in group)
        written = sum(bool(command.fields or command.refs) for command in group if command.ref is not None)
        name = group[0].object
        return self._reads(name, n, described) + _calls(n) + _calls(written) + self._reads(name, n, described)

    def _reads(self, name: str, n: int, described: set[str]) -> int:
        return ceil(n / IDS_A_QUERY) + self._describes(name, described) if n else 0

    def _describes(self, name: str, described: set[str]) -> int:
        new = not self._shapes.knows(name) and name not in described
        described.add(name)
        return int(new)

    def _can_be_said(self, command: Command) -> bool:
        try:
            body(command, command.fields, self._clock.now())
        except Permanent:
            return False
        return True


def _asks_status(group: Sequence[Command]) -> bool:
    return any(not converting.refusal(command) and not command.fields.get("status") for command in group)


def _calls(n: int) -> int:
    return ceil(n / MOST_RECORDS)

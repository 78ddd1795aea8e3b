"""What a push costs in calls, foreseen without asking anybody: the same batches, counted instead of sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from closeloop.connectors.marketo.imports import File
from closeloop.connectors.marketo.lanes import Batch
from closeloop.connectors.marketo.leads import askable
from closeloop.ports import Command, Verb


def of_batches(batches: Sequence[Batch], nurture_lists: Sequence[str], knows: Callable[[str], bool]) -> int:
    """Calls for these batches when nothing fails.

    Args:
        batches: as they would be sent.
        nurture_lists: what a deactivated lead is taken off.
        knows: whether a list's id need not be asked for; each name is asked for once.
    """
    asked: set[str] = set()
    n_calls = 0
    for one in batches:
        verb, detail = one.lane
        named = [detail] if verb in (Verb.JOIN, Verb.LEAVE) else nurture_lists if verb is Verb.DEACTIVATE else ()
        unknown = {name for name in named if not knows(name)} - asked
        asked |= unknown
        n_calls += len(unknown) + _of_batch(verb, one.commands, len(nurture_lists))
    return n_calls


def of_file(file: File) -> int:
    """Calls for one file: sending it, asking once, and reading back by our keys what is made or was made before."""
    made = [command for command in file.commands if command.verb is Verb.CREATE]
    return 2 + sum(
        len(askable(command.our_key or "" for command in some))
        for some in (made, [command for command in made if command.attempt > 1])
    )


def _of_batch(verb: Verb, commands: Sequence[Command], n_lists: int) -> int:
    match verb:
        case Verb.CREATE:
            return 1 + len(askable(command.our_key or "" for command in commands if command.attempt > 1))
        case Verb.JOIN | Verb.LEAVE:
            return 1 + len(askable(str(command.fields["email"]) for command in commands if command.ref is None))
        case Verb.MERGE:
            return 2 + (1 if commands[0].fields else 0)
        case Verb.DEACTIVATE:
            return 2 + 2 * n_lists
        case Verb.REACTIVATE | Verb.RESTORE:
            return 2
        case _:
            return 1

"""Which of the commands that may go now are sent together: a batch, or a bulk job where enough of one kind wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from closeloop.outbox.lanes import HOT
from closeloop.outbox.nouns import Posted
from closeloop.ports import Connector, Verb

_IN_JOBS: Final = (Verb.CREATE, Verb.UPDATE)
_Kind = tuple[Verb, str]


@dataclass(frozen=True, slots=True)
class Portion:
    """What goes together; `as_job` when it is a bulk job."""

    posted: tuple[Posted, ...]
    as_job: bool = False


def most_seen(end: Connector) -> int:
    """How many commands have to be looked at to tell what goes next."""
    return max(end.batch_size, end.bulk_size) if end.bulk_from else end.batch_size


def portion_of(waiting: Sequence[Posted], end: Connector) -> Portion:
    """What of these goes next.

    What is hot goes by itself, never as a job, which answers late. Of a later lane its first command decides: a job of
    its kind goes, if enough of them wait and it takes fewer calls, else a batch of all that make no job.

    Args:
        waiting: what may go now, `most_seen` at most, in the order of lanes.
    """
    if not end.bulk_from or not waiting:
        return Portion(tuple(waiting[: end.batch_size]))
    of_lane = [each for each in waiting if each.lane == waiting[0].lane]
    if waiting[0].lane == HOT:
        return Portion(tuple(of_lane[: end.batch_size]))
    kinds: dict[_Kind, list[Posted]] = {}
    for each in of_lane:
        kinds.setdefault(_kind(each), []).append(each)
    jobs = {
        kind
        for kind, alike in kinds.items()
        if kind[0] in _IN_JOBS and len(alike) >= end.bulk_from and _makes_job(alike[: end.bulk_size], end)
    }
    first = _kind(of_lane[0])
    if first in jobs:
        return Portion(tuple(kinds[first][: end.bulk_size]), as_job=True)
    return Portion(tuple([each for each in of_lane if _kind(each) not in jobs][: end.batch_size]))


def job_of(waiting: Sequence[Posted], end: Connector) -> Portion:
    """The same for who asks for jobs: all of these in one go, unless batches of them take as few calls.

    Args:
        waiting: what may go now, `bulk_size` at most.
    """
    if _saves_calls(waiting, end):
        return Portion(tuple(waiting), as_job=True)
    return Portion(tuple(waiting[: end.batch_size]))


def _kind(posted: Posted) -> _Kind:
    return posted.planned.command.verb, posted.planned.command.object


def _makes_job(alike: Sequence[Posted], end: Connector) -> bool:
    """Whether these go as a job by themselves: one that is mostly single calls would keep others waiting for long."""
    commands = [each.planned.command for each in alike]
    return end.cost(commands) <= max(end.batch_size, end.cost(commands[: end.batch_size])) and _saves_calls(alike, end)


def _saves_calls(posted: Sequence[Posted], end: Connector) -> bool:
    """Whether one job of these takes fewer calls than batches of them."""
    commands = [each.planned.command for each in posted]
    batches = [commands[at : at + end.batch_size] for at in range(0, len(commands), end.batch_size)]
    return end.cost(commands) < sum(map(end.cost, batches))

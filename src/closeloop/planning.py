"""Plan, then apply: what would be sent is written down first, and then exactly that is sent, through the same road.

A plan reads every system and lets the road decide; what it would send waits in the outbox and belongs to the plan.
Applying it sends those commands and no others, unless the world has moved or a ceiling is passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, text

from closeloop.comparing import decide_all, listen
from closeloop.flow import Hub
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import UNFINISHED, Posted
from closeloop.outbox.plans import Line, Plan, calls_of, keys_of, lines_of, lines_refused, moved, over
from closeloop.outbox.readiness import Told, told_of
from closeloop.outbox.store import plans as plan_store
from closeloop.outbox.store.linked import last_decided, load_linked
from closeloop.outbox.store.readiness import load_readiness
from closeloop.outbox.store.shapes import save_shapes
from closeloop.ports import Answer, Connector, Outcome
from closeloop.record import store as record_store
from closeloop.record.nouns import Winners
from closeloop.words import ids
from closeloop.words.errors import BadInput, Permanent
from closeloop.words.verbs import REFUSED

Progress = Callable[[str, int], None]
"""Told what is under way, and how much more of it is done."""

_MOST_SAID = 20
_RESTS = timedelta(seconds=1)
_COUNTS = {
    "linked": text("""
        SELECT COUNT(*) FROM (SELECT root_id FROM v_keys
        WHERE entity_kind = 'person' AND kind LIKE '%.%' AND kind NOT LIKE '%.user'
        GROUP BY root_id HAVING COUNT(*) > 1) several"""),
    "asked": text("SELECT COALESCE(SUM(n), 0) FROM v_pair_states WHERE state = 'open'"),
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan.

    Attributes:
        done: connection → verb, or "refused" → how many.
        calls: connection → calls that were made.
        left: lines that are still to be sent: it was stopped.
        unlike: what did not come as the plan says, in plain words.
    """

    plan: Plan
    done: Mapping[str, Mapping[str, int]]
    calls: Mapping[str, int]
    left: int
    unlike: tuple[str, ...]


def make_plan(hub: Hub, ends: Mapping[str, Connector], sources: Sequence[str], progress: Progress) -> Plan:
    """Read every system, decide, and write down what would be sent to `sources`, of which nothing goes out before that.

    Raises:
        Transient, Permanent: a system cannot be read.
    """
    now = hub.now()
    plan_id = ids.new(now)
    with hub.database.write() as connection:
        held = plan_store.held(connection, sources)
        new = plan_store.never_sent_to(connection, sources)
        plan_store.hold(connection, sources, now)
    n_read = read_all(hub, ends, progress)
    stands = {source: _asked(ends[source]) for source in sources}
    with hub.database.read() as connection:  # of one moment, so that no link is told by no plan
        linked, decided = load_linked(connection), last_decided(connection)
    with hub.database.write() as connection:
        for source, told in stands.items():
            save_shapes(connection, source, told.shapes, now)
        posted = plan_store.load_waiting(connection, sources)
        people = sorted({each.planned.person_id for each in posted if each.planned.person_id is not None})
        records = {
            (each.planned.source, each.planned.command.object, each.planned.command.ref.id)
            for each in posted
            if each.planned.command.ref is not None
        }
        lines = lines_of(
            posted,
            outbox_store.load_shadows(connection, records) if records else {},
            _believed(connection, people),
            stands,
            hub.process,
        )
        readiness = tuple(
            load_readiness(connection, hub.process, source, told, lines_refused(lines, source))
            for source, told in stands.items()
        )
        refused = {line.key for line in lines if line.refused}
        sent = [each for each in posted if each.planned.command.key not in refused]
        foreseen = {
            source: calls_of([each for each in sent if each.planned.source == source], ends[source])
            for source in sources
        }
        calls = {source: n for source, (n, _) in foreseen.items()}
        at_least = tuple(source for source, (_, more) in foreseen.items() if more)
        counted = {name: int(connection.execute(statement).scalar_one()) for name, statement in _COUNTS.items()}
        plan = Plan(
            plan_id, now, hub.process.signed, tuple(sources), lines, calls, n_read, counted["linked"],
            counted["asked"], at_least, readiness, *linked, decided,
        )  # fmt: skip
        plan_store.save_plan(connection, plan)
        if not lines:  # there is nothing to approve, so nobody would set them free again
            plan_store.release(connection, [source for source in sources if source not in {*held, *new}])
    return plan


def apply_plan(
    hub: Hub,
    ends: Mapping[str, Connector],
    plan: Plan,
    by: str,
    progress: Progress,
    wait: Callable[[timedelta], bool],
    ceilings: Mapping[str, Mapping[str, int]] | None = None,
    *,
    in_bulk: bool = False,
) -> Applied:
    """Send what the plan says, and nothing else. One that was stopped goes on where it was.

    Args:
        by: who approved it.
        wait: rests for a time; False when somebody wants it to stop.
        ceilings: connection → verb, "refused" or "calls" → how many at most, instead of the process file's.
        in_bulk: send by the vendors' bulk jobs wherever these take fewer calls than batches, and so than the plan says;
            answers come when a job is done.

    Raises:
        BadInput: it was applied, another one was made since, it passes a ceiling, or the world has moved.
    """
    check_plan(hub, plan)  # before anything is asked of anybody
    read_all(hub, ends, progress)
    approve_plan(hub, plan, by, ceilings)
    calls = _send(hub, ends, plan, progress, wait, in_bulk=in_bulk)
    finish_plans(hub)
    with hub.database.read() as connection:
        came = plan_store.outcomes(connection, plan)
    left = sum(n for _, _, state, n in came if state in UNFINISHED)
    done: dict[str, Counter[str]] = {source: Counter() for source in plan.sources}
    for source, verb, state, n in came:
        if state in ("done", "dead"):
            done[source][verb if state == "done" else REFUSED] += n
    return Applied(plan, done, calls, left, _unlike(plan, done) if not left else ())


def approve_plan(hub: Hub, plan: Plan, by: str, ceilings: Mapping[str, Mapping[str, int]] | None = None) -> None:
    """From now on the plan's commands may go, whoever sends them; a plan that is under way already goes on.

    Raises:
        BadInput: it was applied, another one was made since, it passes a ceiling, or the world has moved.
    """
    check_plan(hub, plan)
    if said := over(plan, hub.process.ceilings if ceilings is None else ceilings):
        raise BadInput(f"the plan passes a ceiling, so nothing was sent: {'; '.join(said)}; raise it, or look why")
    with hub.database.read() as connection:
        posted = _as_planned(connection, plan)
    # Before anything may go: a sender at work would take them for lines like all others.
    _refuse(hub, [line for line in plan.lines if line.refused and posted[line.key].state == "waiting"])
    with hub.database.write() as connection:
        _as_planned(connection, plan)
        plan_store.approve(connection, plan, by, hub.now())


def check_plan(hub: Hub, plan: Plan) -> None:
    """Whether the plan can be carried out here; asks no system.

    Raises:
        BadInput: it was made for another database, its file was changed, it was applied, or another one was made since.
    """
    with hub.database.read() as connection:
        kept = plan_store.load_plan(connection, plan.id)
    if kept is None:
        raise BadInput(
            f"plan {plan.id} was made for another database, and this one knows nothing of it; name that one with "
            "--database or CLOSELOOP_DATABASE, or make a plan for this one with `closeloop plan`"
        )
    if kept[0] != plan:
        raise BadInput(
            f"the file of plan {plan.id} was changed after it was made; make a new one with `closeloop plan`"
        )
    if kept[1] == "applied":
        raise BadInput(f"plan {plan.id} was applied; make a new one with `closeloop plan`")
    if kept[1] == "void":
        raise BadInput(f"another plan was made after {plan.id}; apply that one, or make a new one")


def finish_plans(hub: Hub) -> int:
    """Close the plans of which nothing is left to be sent: then changes go out as they come. Returns how many."""
    with hub.database.write() as connection:
        ended = plan_store.all_sent(connection)
        for plan in ended:
            plan_store.applied(connection, plan.id, hub.now())
            plan_store.release(connection, plan.sources)
    return len(ended)


def hold_new(hub: Hub, sources: Sequence[str]) -> list[str]:
    """Hold back what would be sent to systems that nothing was ever sent to: a plan comes first. Returns those held."""
    with hub.database.write() as connection:
        new = plan_store.never_sent_to(connection, sources)
        plan_store.hold(connection, new, hub.now())
        return plan_store.held(connection, sources)


def read_all(hub: Hub, ends: Mapping[str, Connector], progress: Progress) -> dict[str, int]:
    """Read what changed everywhere and decide it. Returns how many records each system told of."""
    n_read = {}
    for source, end in ends.items():
        n_read[source] = listen(hub, source, end, partial(progress, f"reading {source}"))
    decide_all(hub, partial(progress, "deciding"), in_small_parts=False)
    return n_read


def _asked(end: Connector) -> Told:
    """What a system says of its records and of who may own them; a plan is made without the latter as well."""
    shapes = end.discover()
    try:
        return told_of(shapes, end.owners())
    except Permanent as error:
        return told_of(shapes, (), str(error))


def _send(
    hub: Hub,
    ends: Mapping[str, Connector],
    plan: Plan,
    progress: Progress,
    wait: Callable[[timedelta], bool],
    *,
    in_bulk: bool,
) -> dict[str, int]:
    """Deliver the plan's commands until none is left, or somebody wants to stop; returns the calls made."""
    before = {source: ends[source].calls for source in plan.sources}
    worker = ids.new(hub.now())
    while True:
        moved_on = 0
        for source in plan.sources:
            n = hub.deliver(source, ends[source], worker, "bulk" if in_bulk else "usual")
            progress(f"sending to {source}", n)
            moved_on += n + hub.decide("live")
        with hub.database.read() as connection:
            left = sum(n for *_, state, n in plan_store.outcomes(connection, plan) if state in UNFINISHED)
        if not left or not wait(timedelta(0) if moved_on else _RESTS):
            return {source: ends[source].calls - n for source, n in before.items()}


def _believed(connection: Connection, people: Sequence[str]) -> dict[str, Winners]:
    """Person → what is settled for them, and for their account."""
    found = record_store.load_settled(connection, people)
    accounts = {person: str(winners["account"].value) for person, winners in found.items() if "account" in winners}
    theirs = record_store.load_settled(connection, sorted(set(accounts.values())))
    return {person: {**theirs.get(accounts.get(person, ""), {}), **winners} for person, winners in found.items()}


def _as_planned(connection: Connection, plan: Plan) -> Mapping[str, Posted]:
    """The plan's commands, if they and their records are still as it says."""
    posted = outbox_store.load(connection, [line.key for line in plan.lines])
    shadows = outbox_store.load_shadows(connection, keys_of(plan.lines))
    if changed := moved(plan, posted, shadows):
        raise BadInput(_refused(changed))
    return posted


def _refuse(hub: Hub, lines: Sequence[Line]) -> None:
    """What would be refused is answered as the system would, so that it waits among the rejects with its reason."""
    by_source: dict[str, list[Answer]] = {}
    for line in lines:
        by_source.setdefault(line.source, []).append(Answer(line.key, Outcome.PERMANENT, reason=line.refused or ""))
    for source, answers in by_source.items():
        hub.answered(source, answers)
    while hub.decide("live"):
        pass


def _refused(changed: Sequence[str]) -> str:
    more = f" … and {len(changed) - _MOST_SAID:,} more" if len(changed) > _MOST_SAID else ""
    return (
        f"the world has moved since the plan was made, so nothing was sent: {'; '.join(changed[:_MOST_SAID])}{more}. "
        "Make a new plan with `closeloop plan`"
    )


def _unlike(plan: Plan, done: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    return tuple(
        f"{source}: {planned.get(what, 0):,} {what} planned, {done[source].get(what, 0):,} done"
        for source, planned in plan.counts.items()
        for what in sorted({*planned, *done[source]})
        if planned.get(what, 0) != done[source].get(what, 0)
    )

"""A changed process takes effect on the base: first a plan of what would follow, then exactly that, down the road.

The plan tries every part of the base in a transaction that is rolled back: winners and sums are made anew by sets, the
gate and the fit lines are asked of everybody before and after, and those for whom anything changed go through the steps
of the road. Applying it takes the parts in as messages; whoever decides what waits carries them out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, TextClause, bindparam, text

from closeloop.comparing import decide_all
from closeloop.flow import Hub
from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Message, Receipt, Rescore
from closeloop.inbox.rescores import SIGNED, encode_rescores
from closeloop.lifecycle.gate import judge
from closeloop.lifecycle.situation import Draft
from closeloop.process.load import load_kept
from closeloop.process.nouns import Process
from closeloop.profile.changed import fields_to_read, lines_to_count
from closeloop.profile.score import interest_points
from closeloop.profile.store.anew import rebuild_part
from closeloop.profile.store.asked import Asked, ask_part
from closeloop.record.store.anew import Change, Part, concerned_by, settle_part, settle_related
from closeloop.steps.dossier import load_dossiers, situation_of
from closeloop.words import ids

Progress = Callable[[str, int], None]
"""Told what is under way, and how much more of it is done."""
Value = TypeVar("Value")
PART = 2_000
"""Roots that one message settles anew: enough for temporary tables to cost little, and sooner done than a file."""
PEOPLE = 500
"""People whose leads are decided anew, in one receipt."""
_TRIAL = "rescore:trial"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rescoring:
    """What would follow if this version of the process took effect on everything that is known.

    Attributes:
        before: the versions by which the base was decided until now.
        n_roots: kind of entity → how many there are.
        winners: "person.title" → of how many another value would win; `examples` are some of them.
        n_read: values that read otherwise in their new form.
        n_fit, n_interest: people whose points would be others.
        n_opened, n_returned: leads that would be opened, and those that would return from marketing.
        n_no_longer: leads in sales' hands for which the gate said yes, and would say no; they stay.
        updates: connection → verb → how many commands would follow.
        by_row: why people were asked one by one and not in SQL → how often.
        parts, people: what is to be made anew, and of whom anything changes.
    """

    signed: str
    before: tuple[str, ...]
    n_roots: Mapping[str, int]
    winners: Mapping[str, int]
    examples: Sequence[Change]
    n_read: int
    n_fit: int
    n_interest: int
    n_opened: int
    n_returned: int
    n_no_longer: int
    updates: Mapping[str, Mapping[str, int]]
    by_row: Mapping[str, int]
    parts: Sequence[Rescore]
    people: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change but by which version things are signed."""
        return not self.people and not self.winners and not self.n_read


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: leads opened and returned, commands by connection and verb, messages that failed.

    `n_left` receipts are under way in another hub.
    """

    n_opened: int
    n_returned: int
    updates: Mapping[str, Mapping[str, int]]
    n_failed: int
    n_left: int


@dataclass(slots=True)
class _Tally:
    winners: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Change]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    updates: dict[str, Counter[str]] = field(default_factory=dict)
    by_row: Counter[str] = field(default_factory=Counter)
    people: list[str] = field(default_factory=list)

    def settled(self, kind: str, changes: Sequence[Change]) -> None:
        for change in changes:
            name = f"{kind}.{change.field}"
            self.winners[name] += 1
            if len(some := self.examples.setdefault(name, [])) < _SHOWN:
                some.append(change)
            self.changed.add(change.root_id)


def plan_rescore(hub: Hub, progress: Progress) -> Rescoring:
    """Say what would follow; nothing is written that stays, and what is tried is held for one part at a time."""
    process = hub.process
    with hub.database.read() as connection:
        before = _before(connection, process)
        parts = _parts(connection, process, before)
        n_roots = {kind: int(n) for kind, n in connection.execute(_ROOTS)}
    tally = _Tally()
    for part in parts:
        with _trial(hub) as connection:
            if part.entity == "person":
                _try_people(hub, connection, part, before, tally, {each.entity: each.fields for each in parts})
            else:
                anew = settle_part(connection, process, _bounds(part), part.fields)
                tally.numbers["read"] += anew.n_read
                tally.settled(part.entity, anew.changes)
        progress("trying on the base", 1)
    counted = tally.numbers
    return Rescoring(
        process.signed, tuple(each.signed for each in before), n_roots, dict(sorted(tally.winners.items())),
        [change for name in sorted(tally.examples) for change in tally.examples[name]],
        counted["read"], counted["fit"], counted["interest"], counted["created"], counted["returned"],
        counted["no longer"], {source: dict(verbs) for source, verbs in sorted(tally.updates.items())},
        dict(tally.by_row), parts, tally.people,
    )  # fmt: skip


def apply_rescore(hub: Hub, plan: Rescoring, progress: Progress) -> Came:
    """Take the plan's parts in, and those whom they concern, in one commit; then decide all that waits.

    What was stopped goes on where it was, by this or by any hub: whatever is left of it waits in the bulk queue.
    """
    now, signed = hub.now(), {SIGNED: hub.process.signed}
    people = [Rescore("person", each, each, decide=True) for each in plan.people]
    bodies: list[Sequence[Rescore]] = [[part] for part in plan.parts]
    bodies += [people[at : at + PEOPLE] for at in range(0, len(people), PEOPLE)]
    receipts = [
        Receipt(ids.new(now), "rescore", "rescore", "bulk", now, signed, encode_rescores(each)) for each in bodies
    ]
    if receipts:
        hub.take_in(receipts)
    decide_all(hub, partial(progress, "parts and receipts decided"))
    with hub.database.read() as connection:
        return _came(connection, [receipt.id for receipt in receipts])


def n_left(hub: Hub) -> int:
    """Receipts of a re-score that was stopped and still waits."""
    with hub.database.read() as connection:
        return int(connection.execute(_LEFT).scalar_one())


def _try_people(
    hub: Hub,
    connection: Connection,
    part: Rescore,
    before: Sequence[Process],
    tally: _Tally,
    fields: Mapping[str, Sequence[str]],
) -> None:
    process, now, bounds = hub.process, hub.now(), _bounds(part)
    stood = [ask(connection, old, bounds, now) for old in before]
    settle_related(connection, process, bounds, fields)
    concerned = concerned_by(connection, bounds, tally.changed)
    anew = settle_part(connection, process, bounds, part.fields)
    tally.numbers["read"] += anew.n_read
    tally.settled("person", anew.changes)
    concerned |= {change.root_id for change in anew.changes}
    if part.lines:
        rebuilt = rebuild_part(connection, process, part.lines, part.after, part.last)
        concerned |= rebuilt.changed
        tally.by_row.update({f"{line}: {why}": 1 for line, why in rebuilt.by_row.items()})
    stands = ask(connection, process, bounds, now)
    _tell_apart(stood, stands, concerned, tally)
    tally.by_row.update(stands.reasons)
    if concerned:
        _try_road(hub, connection, sorted(concerned), tally)


def _tell_apart(stood: Sequence[Asked], stands: Asked, concerned: set[str], tally: _Tally) -> None:
    """Whose points or passage are others by this version than by any of those before."""
    fit, interest, passed = set[str](), set[str](), set[str]()
    for old in stood:
        fit |= _differ(old.fit, stands.fit, 0.0)
        interest |= {
            root
            for root in old.interest.keys() | stands.interest.keys()
            if _differ(old.interest.get(root, {}), stands.interest.get(root, {}), 0.0)
        }
        passed |= _differ(old.passed, stands.passed, set())
    tally.numbers["fit"] += len(fit)
    tally.numbers["interest"] += len(interest)
    concerned |= fit | interest | passed


def _differ(old: Mapping[str, Value], new: Mapping[str, Value], otherwise: Value) -> set[str]:
    return {
        key for key in old.keys() | new.keys() if _rounded(old.get(key, otherwise)) != _rounded(new.get(key, otherwise))
    }


def _rounded(value: object) -> object:
    # Sums that were added in another order differ beyond this.
    return round(value, 5) if isinstance(value, float) else value


def ask(connection: Connection, process: Process, part: Part, now: datetime) -> Asked:
    """Ask the fit lines and the gate about everybody of a part: in SQL, and where that cannot, as the road asks."""
    asked = ask_part(connection, process, part.after, part.last, now)
    if asked.left:
        ask_one_by_one(connection, process, sorted(asked.left), now, asked)
    return asked


def ask_one_by_one(
    connection: Connection, process: Process, people: Sequence[str], now: datetime, asked: Asked
) -> None:
    """The same by the steps of the road, put into `asked`."""
    family = identity_store.family(connection, people)
    nothing = dict.fromkeys(people, ((), ()))
    for id_, dossier in load_dossiers(connection, nothing, family, process, now).items():
        situation = situation_of(dossier, (), (), {}, (), (), process)
        draft = Draft(situation, process, now)
        asked.fit[id_] = dossier.fit
        asked.interest[id_] = {each: interest_points(dossier.sums, each, now, process) for each in situation.products}
        if passed := {product for product in situation.products if judge(draft, product).passed}:
            asked.passed[id_] = passed


def _try_road(hub: Hub, connection: Connection, people: Sequence[str], tally: _Tally) -> None:
    now = hub.now()
    tally.people += people
    said_yes = set(connection.execute(_SAID, {"people": people, "passed": 1}).scalars())
    messages = [
        Message(
            f"{_TRIAL}:{at}", "rescore", _TRIAL, at, "rescore", now, now,
            rescore=Rescore("person", each, each, decide=True),
        )
        for at, each in enumerate(people)
    ]  # fmt: skip
    hub.replay_batch(connection, messages, now)
    tally.numbers["no longer"] += len(
        said_yes & set(connection.execute(_SAID, {"people": people, "passed": 0}).scalars())
    )
    tally.numbers.update(_events(connection, [_TRIAL]))
    for source, verb, n in connection.execute(_COMMANDS, {"receipts": [_TRIAL]}):
        tally.updates.setdefault(source, Counter())[verb] += n


def _before(connection: Connection, process: Process) -> list[Process]:
    """The versions by which anything may have been decided since all of it was last made anew; each of them differs."""
    versions = inbox_store.each_process(connection)
    done = connection.execute(_LAST).scalar()
    last = json.loads(done)[SIGNED] if done is not None else None
    since = versions[versions.index(last) :] if last in versions else versions
    found = [load_kept(inbox_store.load_process(connection, each)) for each in since if each != process.signed]
    return found or [process]


def _parts(connection: Connection, process: Process, before: Sequence[Process]) -> list[Rescore]:
    """The base in parts, people last: what is decided about them follows from the others."""
    lines = lines_to_count(process, before)
    kinds = sorted(connection.execute(_KINDS).scalars(), key=lambda kind: (kind == "person", kind))
    found = []
    for kind in kinds:
        roots = list(connection.execute(_IDS, {"kind": kind}).scalars())
        fields = fields_to_read(process, before, kind)
        after = ""
        for at in range(0, len(roots), PART):
            last = roots[min(at + PART, len(roots)) - 1]
            of_people = lines if kind == "person" else ()
            found.append(Rescore(kind, after, last, fields=fields, lines=of_people))
            after = last
    return found


def _bounds(part: Rescore) -> Part:
    return Part(part.entity, part.after, part.last)


class _Undone(Exception):
    """Ends a trial."""


@contextmanager
def _trial(hub: Hub) -> Iterator[Connection]:
    """A transaction that is rolled back whatever happens."""
    with suppress(_Undone), hub.database.write() as connection:
        yield connection
        raise _Undone


def _came(connection: Connection, receipts: Sequence[str]) -> Came:
    numbers: Counter[str] = Counter()
    updates: dict[str, Counter[str]] = {}
    n_failed = 0
    for at in range(0, len(receipts), PEOPLE):
        some = {"receipts": receipts[at : at + PEOPLE]}
        numbers.update(_events(connection, some["receipts"]))
        for source, verb, n in connection.execute(_COMMANDS, some):
            updates.setdefault(source, Counter())[verb] += n
        n_failed += connection.execute(_FAILED, some).scalar_one()
    left = int(connection.execute(_LEFT).scalar_one())
    return Came(numbers["created"], numbers["returned"], updates, n_failed, left)


def _events(connection: Connection, receipts: Sequence[str]) -> dict[str, int]:
    return dict(connection.execute(_EVENTS, {"receipts": receipts}).all())


def _among(statement: str, name: str) -> TextClause:
    return text(statement).bindparams(bindparam(name, expanding=True))


_ROOTS = text("SELECT kind, COUNT(*) FROM entities WHERE id = root_id GROUP BY kind")
_KINDS = text("SELECT DISTINCT kind FROM entities")
_IDS = text("SELECT id FROM entities WHERE kind = :kind AND id = root_id ORDER BY id")
_LEFT = text("SELECT COALESCE(SUM(n), 0) FROM v_backlog WHERE source = 'rescore'")
# What was taken in at once, and of which nothing waits, failed or was refused; its headers say for which version.
_LAST = text("""
    SELECT r.headers FROM receipts r LEFT JOIN messages m ON m.receipt_id = r.id
    WHERE r.door = 'rescore' GROUP BY r.headers, r.received_at
    HAVING COUNT(*) = SUM(CASE WHEN m.state = 'decided' THEN 1 ELSE 0 END) ORDER BY MAX(m.batch) DESC LIMIT 1
""")
_FAILED = _among(
    "SELECT COUNT(*) FROM messages WHERE receipt_id IN :receipts AND state IN ('failed', 'set_aside')", "receipts"
)
_EVENTS = _among(
    """
    SELECT v.kind, COUNT(*) FROM messages m JOIN lead_events v ON v.message_id = m.id
    WHERE m.receipt_id IN :receipts AND v.kind IN ('created', 'returned') GROUP BY v.kind
    """,
    "receipts",
)
_COMMANDS = _among(
    """
    SELECT c.source, c.verb, COUNT(*) FROM messages m JOIN commands c ON c.message_id = m.id
    WHERE m.receipt_id IN :receipts GROUP BY c.source, c.verb
    """,
    "receipts",
)
_SAID = _among(
    """
    SELECT l.id FROM v_leads l JOIN verdicts v ON v.person_id = l.person_id AND v.product = l.product
    WHERE l.status IN ('open', 'nurturing') AND v.passed = :passed AND l.person_id IN :people
    """,
    "people",
)

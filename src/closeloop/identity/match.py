"""Who is like whom: by weight two are linked, asked about, or left; a cluster grows only where its members agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from closeloop.identity.nouns import Doubt, Merge, Pair
from closeloop.inbox.nouns import Message
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Decision, Traits, Weight
from closeloop.words import ids

AT_MOST = 10
"""Records that become one without a person's word."""
AT_MOST_ASKED = 5
"""Questions about one person in one batch, the heaviest."""
_Two = tuple[str, str]


@dataclass(slots=True)
class Circle:
    """Those who may be one, as they stand; `match` joins them in it.

    Attributes:
        members: root → entity linked to it → its traits.
        roots: entity → root.
        pairs: what was asked or judged about them before.
        told_apart: pairs of entities that are never joined without a person.
    """

    members: dict[str, dict[str, Traits]]
    roots: dict[str, str]
    pairs: Sequence[Pair] = ()
    told_apart: set[_Two] = field(default_factory=set)

    def root(self, entity: str) -> str:
        """Whom it is linked to now."""
        return self.roots.get(entity, entity)

    def join(self, survivor: str, loser: str) -> None:
        """The two roots are one from here on."""
        moved = self.members.pop(loser, {})
        self.members.setdefault(survivor, {}).update(moved)
        self.roots.update({entity: survivor for entity, root in self.roots.items() if root == loser})


@dataclass(frozen=True, slots=True)
class Matched:
    """What follows: links in the order to make them, and pairs to keep."""

    merges: tuple[Merge, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that was weighed, and what is to follow; `by` says who weighed it."""

    left: str
    right: str
    decision: Decision
    weight: Weight
    bundle: str


def weigh(
    news: Mapping[str, Iterable[str]], traits: Mapping[str, Traits], bundle: Bundle, n_people: int
) -> list[Found]:
    """Weigh each person with those that share a block key with them; those that differ are left out.

    Args:
        news: entity → entities to compare it with.
    """
    wanted = sorted({(min(one, other), max(one, other)) for one, others in news.items() for other in others})
    found = []
    for left, right in wanted:
        if left in traits and right in traits:
            decision, weight = bundle.decide(traits[left], traits[right], n_people)
            if decision.band != "different":
                found.append(Found(left, right, decision, weight, bundle.signed))
    return found


def match(
    found: Iterable[Found],
    doubts: Iterable[Doubt],
    circle: Circle,
    cause: Callable[[str, str], Message],
    bundle: Bundle,
    n_people: int,
    signed: str,
) -> Matched:
    """Join and ask in falling weight, the same whatever order the pairs come in.

    Args:
        cause: of two entities the message that brought the question about.
    """
    doubted = {(min(each.one, each.other), max(each.one, each.other)): each.why for each in doubts}
    desk = _Desk(circle, cause, bundle, n_people, signed)
    for each in sorted(found, key=lambda one: (-one.weight.total, one.left, one.right)):
        desk.take(each, doubted.get((each.left, each.right), ""))
    for (left, right), why in doubted.items():
        desk.doubt(left, right, why)
    return Matched(tuple(desk.merges), tuple(desk.kept.values()))


class _Desk:
    """Goes through the pairs and writes down what is new."""

    def __init__(
        self, circle: Circle, cause: Callable[[str, str], Message], bundle: Bundle, n_people: int, signed: str
    ) -> None:
        self.circle, self.cause, self.bundle, self.n_people, self.signed = circle, cause, bundle, n_people, signed
        self.before = {(pair.left_id, pair.right_id): pair for pair in circle.pairs}
        self.merges: list[Merge] = []
        self.kept: dict[_Two, Pair] = {}
        self.n_asked: dict[str, int] = {}

    def take(self, found: Found, doubt: str) -> None:
        one, other = sorted((self.circle.root(found.left), self.circle.root(found.right)))
        if one == other or self._told_apart(one, other):
            return
        why = found.decision.why or doubt
        if found.decision.band == "same" and not doubt:
            why = self._objection(one, other)
            if not why:
                self._merge(one, other, found)
                return
        self._ask(found, why or self._guarded(found) or "alike, but not enough to be sure")

    def doubt(self, left: str, right: str, why: str) -> None:
        one, other = sorted((self.circle.root(left), self.circle.root(right)))
        if one == other or self._told_apart(one, other):
            return
        traits = {**self.circle.members.get(one, {}), **self.circle.members.get(other, {})}
        weight = self.bundle.weigh(traits.get(left, {}), traits.get(right, {}))
        self._ask(Found(left, right, Decision("ask"), weight, self.bundle.signed), why)

    def _guarded(self, found: Found) -> str:
        traits = [
            self.circle.members.get(self.circle.root(each), {}).get(each, {}) for each in (found.left, found.right)
        ]
        return self.bundle.guarded(*traits)

    def _told_apart(self, one: str, other: str) -> bool:
        return any(
            {self.circle.root(left), self.circle.root(right)} == {one, other} for left, right in self.circle.told_apart
        )

    def _objection(self, one: str, other: str) -> str:
        """Why two that are alike must not be joined without a person, seen from all that are linked to them."""
        ours, theirs = self.circle.members.get(one, {}), self.circle.members.get(other, {})
        n = len(ours) + len(theirs)
        if n > AT_MOST:
            return f"together they would be {n} records, more than {AT_MOST}"
        between = list(product(ours.values(), theirs.values()))
        apart = [pair for pair in between if self.bundle.decide(*pair, self.n_people)[0].band != "same"]
        if 2 * len(apart) > len(between):
            return (
                f"of {len(between)} pairs between them and those linked to them only {len(between) - len(apart)} agree"
            )
        return next((why for pair in apart if (why := self.bundle.guarded(*pair))), "")

    def _merge(self, survivor: str, loser: str, found: Found) -> None:
        message = self.cause(found.left, found.right)
        reason = f"{found.weight.total:.1f} bits: {told(found.weight)}"
        by = f"{self.signed} {found.bundle}"
        pair = self._pair(found, "same", reason, message, by)
        self.kept[found.left, found.right] = pair
        self.merges.append(
            Merge(
                ids.derive(message.received_at, "merge", survivor, loser),
                "person",
                survivor,
                loser,
                message.received_at,
                by,
                reason,
                message.id,
                found.weight.total,
                found.weight.evidence,
                pair.id,
            )
        )
        self.circle.join(survivor, loser)

    def _ask(self, found: Found, why: str) -> None:
        two = found.left, found.right
        if self._is_asked(two):
            return
        if two not in self.before and max(self.n_asked.get(each, 0) for each in two) >= AT_MOST_ASKED:
            return
        for each in two:
            self.n_asked[each] = self.n_asked.get(each, 0) + 1
        before = self.before.get(two)
        self.kept[two] = self._pair(found, "open", before.why if before else why, self.cause(*two), None)

    def _is_asked(self, two: _Two) -> bool:
        """Whether a person is asked about the same two already, by way of others that are linked to them."""
        roots = {self.circle.root(each) for each in two}
        asked = (each for each in (*self.before.values(), *self.kept.values()) if each.state == "open")
        return two in self.kept or any(
            (each.left_id, each.right_id) != two
            and {self.circle.root(each.left_id), self.circle.root(each.right_id)} == roots
            for each in asked
        )

    def _pair(self, found: Found, state: str, why: str, message: Message, by: str | None) -> Pair:
        before = self.before.get((found.left, found.right))
        return Pair(
            before.id if before else ids.derive(message.received_at, "pair", found.left, found.right),
            "person",
            found.left,
            found.right,
            found.weight.total,
            "same" if state == "same" else "open",
            why,
            found.weight.evidence,
            found.bundle,
            before.at if before else message.received_at,
            before.message_id if before else message.id,
            message.received_at if by else None,
            by,
        )


def told(weight: Weight) -> str:
    """What speaks for it and what against, in words, the strongest first."""
    parts = sorted(weight.evidence, key=lambda each: (-abs(each.weight), each.comparison))
    return ", ".join(f"{each.comparison} {each.level} {each.weight:+.1f}" for each in parts) or "nothing is known"

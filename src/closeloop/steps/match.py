"""Is anybody of this batch somebody we know? One look for all whose traits are new, then links and questions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from closeloop.identity import store as identity_store
from closeloop.identity.match import Circle, Found, weigh
from closeloop.identity.match import match as match_people
from closeloop.identity.nouns import Doubt, Merge, Policy
from closeloop.identity.store import Compared
from closeloop.identity.traits import given
from closeloop.inbox.nouns import Message
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Decision, Traits, Weight
from closeloop.steps.batch import Batch
from closeloop.steps.policy import policy_of
from closeloop.steps.settle import in_waves, settle, with_snapshots

MOST_PER_KEY = 100
"""A block key that more people hold says too little to look at them all."""


def match(batch: Batch) -> None:
    """identity: whom may somebody new be, by likeness; links and questions, each with its evidence."""
    restated = batch.who.restated
    confirmed = {each: batch.known.stated[each] for each in batch.who.confirmed}
    identity_store.save_confirmed(batch.connection, confirmed)
    if not restated and not batch.who.doubts:
        return
    policy = policy_of(batch.process)
    people = _compared(batch, sorted(restated), policy)
    identity_store.save_compared(batch.connection, people, policy.bundle.signed)
    keys = {key for each in people for key in each.keys}
    holders = identity_store.candidates(batch.connection, keys, MOST_PER_KEY)
    news = {each.entity_id: _others(batch, each, holders) for each in people}
    by_message = {message.id: message for message in batch.messages}
    doubted = {frozenset((each.one, each.other)): each.message_id for each in batch.who.doubts}

    def cause(one: str, other: str) -> Message:
        """The later of the two messages that changed them."""
        ids = {restated[each] for each in (one, other) if each in restated} or {doubted[frozenset((one, other))]}
        return max((by_message[id_] for id_ in ids), key=lambda message: (message.received_at, message.id))

    roots = {root for held in holders.values() for root in held.values()}
    roots |= {batch.root(each.entity_id) for each in people}
    traits = identity_store.load_traits(batch.connection, roots, policy.bundle)
    n_people = identity_store.n_people(batch.connection, policy.bundle.spec.bands.n_records)
    known = {entity: said for linked in traits.values() for entity, said in linked.items()}
    found = weigh(news, known, policy.bundle, n_people)
    bring_together(batch, found, batch.who.doubts, cause, policy, n_people)


def take_matched(batch: Batch) -> None:
    """identity: pairs that a pass over the base found take the same road; what they wait for is known by now."""
    said = {message.id: message for message in batch.messages if message.matched is not None}
    ids = sorted({id_ for each in said.values() if (one := each.matched) for id_ in (one.left_id, one.right_id)})
    if not ids:
        return
    kinds = identity_store.kinds(batch.connection, ids)
    found: dict[tuple[str, str], tuple[Found, Message]] = {}
    for message in said.values():
        pair = message.matched
        if pair is None:
            continue
        left, right = sorted((pair.left_id, pair.right_id))
        if left == right or {kinds.get(left), kinds.get(right)} != {"person"}:
            batch.refused[message.id] = f"{left} and {right} are not two people who are known here"
            continue
        weight = Weight(pair.weight, pair.evidence)
        found[left, right] = Found(left, right, Decision(pair.band, pair.why), weight, pair.bundle), message
    policy = policy_of(batch.process)
    n_people = identity_store.n_people(batch.connection, policy.bundle.spec.bands.n_records)

    def cause(one: str, other: str) -> Message:
        return found[min(one, other), max(one, other)][1]

    for merge in bring_together(batch, [each for each, _ in found.values()], (), cause, policy, n_people):
        batch.parted[merge.message_id] = (*batch.parted.get(merge.message_id, ()), batch.root(merge.survivor_id))


def bring_together(
    batch: Batch,
    found: Sequence[Found],
    doubts: Sequence[Doubt],
    cause: Callable[[str, str], Message],
    policy: Policy,
    n_people: int,
) -> tuple[Merge, ...]:
    """Make the links that follow from these pairs, and keep the questions. Returns the links."""
    concerned = sorted(
        {each for one in found for each in (one.left, one.right)}
        | {each for doubt in doubts for each in (doubt.one, doubt.other)}
    )
    if not concerned:
        return ()
    roots = _roots(
        batch, concerned, [each for one in found if one.decision.band == "same" for each in (one.left, one.right)]
    )
    traits = identity_store.load_traits(batch.connection, set(roots.values()), policy.bundle)
    pairs = identity_store.load_pairs(batch.connection, sorted(roots))
    apart = {(pair.left_id, pair.right_id) for pair in pairs if pair.state == "different"}
    circle = Circle(traits, dict(roots), pairs, apart)
    matched = match_people(found, doubts, circle, cause, policy.bundle, n_people, policy.signed)
    identity_store.save_pairs(batch.connection, matched.pairs)
    link(batch, matched.merges)
    return matched.merges


def link(batch: Batch, merges: Sequence[Merge]) -> None:
    """Make these links, with what stood before each, and settle the winners of those linked."""
    batch.who = replace(batch.who, merges=(*batch.who.merges, *merges))
    for wave in in_waves(merges):
        identity_store.link(batch.connection, with_snapshots(batch, wave))
        roots = {root for merge in wave for root in (merge.survivor_id, merge.loser_id)}
        batch.known.roots.update(identity_store.family(batch.connection, roots))
        settle(batch, roots)


def _roots(batch: Batch, concerned: Sequence[str], to_be_linked: Sequence[str]) -> dict[str, str]:
    """Entity → root of all who are linked to those concerned; those that may be linked now are locked."""
    locked = identity_store.lock(batch.connection, sorted(to_be_linked)) if to_be_linked else {}
    batch.known.roots.update(locked)
    roots = identity_store.roots_of(batch.connection, [each for each in concerned if each not in locked])
    return {**identity_store.family(batch.connection, roots.values()), **locked}


def _compared(batch: Batch, entity_ids: Sequence[str], policy: Policy) -> list[Compared]:
    """What these are compared by, without values that too many others share. Locks their keys, old and new."""
    bundle = policy.bundle
    stated = {each: batch.known.stated[each] for each in entity_ids}
    traits = {each: bundle.prepare(given(held)) for each, held in stated.items()}
    shared = _shared_values(traits.values(), bundle)
    keys = {key for said in traits.values() for key in bundle.keys(said)}
    keys |= identity_store.keys_held(batch.connection, entity_ids)
    identity_store.lock_likeness(batch.connection, keys | shared.keys())
    most = max((each.n for each in bundle.spec.shared), default=0)
    seen = identity_store.seen_with(batch.connection, shared, most)
    generic = frozenset(value for value, names in seen.items() if len(names) >= most)
    found = []
    for entity, held in stated.items():
        said = bundle.prepare(given(held), generic) if generic else traits[entity]
        found.append(Compared(entity, held, said, bundle.keys(said), batch.who.restated[entity]))
    return found


def _shared_values(people: Collection[Traits], bundle: Bundle) -> dict[str, set[str]]:
    """Value that may be shared by many → the names that it is stated with here."""
    found: dict[str, set[str]] = {}
    for traits in people:
        for shared in bundle.spec.shared:
            value, name = traits.get(shared.column), traits.get(shared.among)
            if value and name:
                found.setdefault(value, set()).add(name)
    return found


def _others(batch: Batch, person: Compared, holders: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Those who hold one of the person's keys and are not linked to them."""
    own = batch.root(person.entity_id)
    return {
        entity
        for key in person.keys
        for entity, root in holders.get(key, {}).items()
        if entity != person.entity_id and root != own
    }

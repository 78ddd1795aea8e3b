"""Which account is meant: those that a batch may speak of, looked up as a set; then links and questions about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from closeloop.identity import store as identity_store
from closeloop.identity.accounts import AccountBook, Links
from closeloop.identity.employer import read_employer
from closeloop.identity.nouns import Attributed, Merge, Pair, Policy
from closeloop.inbox.nouns import Message
from closeloop.matching.companies import AccountMatch
from closeloop.matching.companies_keys import is_broad
from closeloop.matching.companies_weigh import Candidate, Grade
from closeloop.matching.nouns import Evidence
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.match import link
from closeloop.steps.policy import policy_of
from closeloop.words import ids

BUNDLE = "companies@1"
"""What weighs accounts; a change of it that decides otherwise counts one on."""
MOST_ASKED = 3
"""Questions about one account at once, the best first."""
MOST_OF_ONE_NAME = 1000
"""Accounts of one name or domain that are looked at; a name of more says nothing."""
MOST_OF_ONE_WORD = 30
"""Accounts that share a word, or the sound of one; a word of more says too little to look at them all."""


def lock_companies(batch: Batch, policy: Policy) -> set[str]:
    """identity: the domains and names of companies in these messages, as keys, locked against other workers."""
    wanted = {
        key
        for message in batch.messages
        if message.keys or message.record is not None
        for key in read_employer(message, policy).strong_keys
    }
    identity_store.lock_companies(batch.connection, wanted)
    return wanted


def look_up_accounts(batch: Batch, policy: Policy, companies: Collection[str]) -> None:
    """identity: the accounts behind these keys, and those that the messages' own keys name."""
    batch.known.accounts = AccountBook(policy.account_ties)
    _load(batch, companies, MOST_OF_ONE_NAME, set(batch.known.roots.values()))


def without_belated(batch: Batch, who: Attributed) -> Attributed:
    """Leave out what only the domain of an address says about people whose account is known already."""
    if not who.inferred:
        return who
    roots = {message_id: batch.root(who.subject[message_id]) for message_id in who.inferred}
    winners = record_store.load_winners(batch.connection, sorted(set(roots.values())))
    known = {root for root, found in winners.items() if "account" in found}
    known |= {
        batch.root(who.subject[message_id])
        for message_id, found in who.relations.items()
        if "account" in found and message_id not in who.inferred and message_id in who.subject
    }
    relations = dict(who.relations)
    for message in batch.messages:
        why = who.inferred.get(message.id)
        if why is None:
            continue
        if roots[message.id] in known or not _names_address(batch, message):
            relations[message.id] = {name: of for name, of in relations[message.id].items() if name != "account"}
        else:
            batch.notes[message.id] = why
            known.add(roots[message.id])
    return replace(who, relations=relations)


def _names_address(batch: Batch, message: Message) -> bool:
    """Whether it states an address: a record that only holds the one that we gave it says nothing of an employer."""
    paths = policy_of(batch.process).trait_paths
    return message.record is None or any(paths.get(value.path) == "email" for value in message.values)


def match_accounts(batch: Batch) -> None:
    """identity: accounts that people named, linked to what they may be or asked about; each with its evidence."""
    book = batch.known.accounts
    if not book.changed:
        return
    by_people = {entity for entity in book.changed if not book.records.get(entity)}
    changed = {entity: (book.said[entity], message_id) for entity, message_id in sorted(book.changed.items())}
    identity_store.save_accounts(batch.connection, changed, by_people)
    _match(batch, _to_be_matched(batch))


def _to_be_matched(batch: Batch) -> dict[str, str]:
    """Accounts that only people named → the message that is the cause: they changed, or one like them that is kept."""
    book = batch.known.accounts
    keys_of_kept: dict[str, str] = {}
    for entity, message_id in sorted(book.changed.items()):
        if book.records.get(entity):
            keys_of_kept.update(dict.fromkeys(book.said[entity].keys, message_id))
    _load_by(batch, keys_of_kept, identity_store.of_named)
    links = _links(batch)
    found = {each: cause for key, cause in sorted(keys_of_kept.items()) for each in book.behind([key])}
    found |= {each: cause for each, cause in book.changed.items() if not book.records.get(each)}
    return {each: found[each] for each in sorted(found) if not book.is_kept(links.members_of(links.root_of(each)))}


def _match(batch: Batch, found: Mapping[str, str]) -> None:
    """Link each of these accounts or ask about it; once one is linked to an account that a system keeps it is done."""
    if not found:
        return
    book, policy = batch.known.accounts, policy_of(batch.process)
    _load_by(batch, {key for entity in found for key in book.said[entity].keys}, set)
    messages = {message.id: message for message in batch.messages}
    links = _links(batch)
    before = identity_store.load_pairs(
        batch.connection, sorted({each for entity in found for each in links.members_of(links.root_of(entity))})
    )
    for entity, cause in found.items():
        root = links.root_of(entity)
        if book.is_kept(links.members_of(root)):
            continue
        pairs = [pair for pair in before if root in (links.root_of(pair.left_id), links.root_of(pair.right_id))]
        apart = {_other(pair, root, links) for pair in pairs if pair.state == "different"}
        wanted = book.said[entity].wanted()
        match = book.choose(wanted, (*wanted.strong_keys, *wanted.broad_keys), links, {root, *apart})
        if match.account_id is not None:
            pair = next((pair for pair in pairs if _other(pair, root, links) == match.account_id), None)
            _link(batch, root, match, pair, messages[cause], policy)
            links = _links(batch)
        elif match.band == "ask":
            asked = {_other(pair, root, links) for pair in pairs}
            new = [
                _pair(root, each, match.why, messages[cause])
                for each in _worth_asking(match)
                if each.account_id not in asked
            ]
            identity_store.save_pairs(batch.connection, new)
            before += new


def _link(batch: Batch, root: str, match: AccountMatch, asked: Pair | None, message: Message, policy: Policy) -> None:
    """Two are one from here on, with the pair that says why."""
    (candidate,) = (each for each in match.candidates if each.account_id == match.account_id)
    batch.known.roots.update(identity_store.lock(batch.connection, sorted((root, candidate.account_id))))
    survivor, loser = sorted((root, candidate.account_id))
    if (batch.root(survivor), batch.root(loser)) != (survivor, loser):
        return  # another worker linked one of them meanwhile, perhaps to an account that a system keeps
    by, pair = f"{policy.signed} {BUNDLE}", asked or _pair(root, candidate, match.why, message)
    identity_store.save_pairs(
        batch.connection, [replace(pair, state="same", why=match.why, decided_at=message.received_at, decided_by=by)]
    )
    merge = Merge(
        ids.derive(message.received_at, "merge", survivor, loser), "account", survivor, loser, message.received_at,
        by, match.why, message.id, pair.weight, pair.evidence, pair.id,
    )  # fmt: skip
    link(batch, [merge])


def _pair(root: str, candidate: Candidate, why: str, message: Message) -> Pair:
    """The question whether the two are one. Accounts are weighed in grades, 1 to 9, and not in bits."""
    left, right = sorted((root, candidate.account_id))
    return Pair(
        ids.derive(message.received_at, "pair", left, right),
        "account",
        left,
        right,
        float(candidate.grade),
        "open",
        why,
        tuple(_evidence(said) for said in candidate.evidence),
        BUNDLE,
        message.received_at,
        message.id,
    )


def _evidence(said: str) -> Evidence:
    comparison, _, level = said.partition(": ") if ": " in said else said.partition(" ")
    return Evidence(comparison, level, 0.0, "", "")


def _worth_asking(match: AccountMatch) -> Iterable[Candidate]:
    """Those that speak as strongly as the best, and the one of the name where the domain speaks for another."""
    best = match.candidates[0].grade
    rivals = {best, Grade.EQUAL_NAME} if best == Grade.DOMAIN_BUT_NAME else {best}
    return [each for each in match.candidates if each.grade in rivals][:MOST_ASKED]


def _load_by(batch: Batch, keys: Iterable[str], held_as: Callable[[Iterable[str]], set[str]]) -> None:
    """What may be one of those with these keys."""
    broad = {key for key in keys if is_broad(key)}
    _load(batch, held_as(set(keys) - broad), MOST_OF_ONE_NAME)
    _load(batch, held_as(broad), MOST_OF_ONE_WORD)


def _load(batch: Batch, keys: Collection[str], at_most: int, roots: Collection[str] = ()) -> None:
    book = batch.known.accounts
    new = set()
    for known in identity_store.load_accounts(batch.connection, keys, at_most, roots):
        book.add(known.entity_id, known.said, known.created, known.n_records)
        batch.known.roots.setdefault(known.entity_id, known.root_id)
        new.add(known.root_id)
    if new and any(tie.fact == "people" for tie in book.ties):
        people = record_store.load_related(batch.connection, sorted(new), "person")
        book.n_people = {**book.n_people, **{root: len(people.get(root, ())) for root in new}}


def _other(pair: Pair, root: str, links: Links) -> str:
    left, right = links.root_of(pair.left_id), links.root_of(pair.right_id)
    return right if left == root else left


def _links(batch: Batch) -> Links:
    members: dict[str, list[str]] = {}
    for entity in batch.known.accounts.said:
        members.setdefault(batch.root(entity), []).append(entity)
    return Links(batch.root, lambda root: members.get(root, [root]))

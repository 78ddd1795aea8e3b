"""Somebody wants to be forgotten: out of every table and receipt here, out of every system there, and for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import msgspec

from closeloop.alerts import store as alerts_store
from closeloop.identity import store as identity_store
from closeloop.identity.erasure import BROWSER, keys_asked, new_id, reason
from closeloop.identity.keys import EMAIL, OURS, addresses_of
from closeloop.identity.store import buried as tombstones
from closeloop.identity.store import erase as identity_erasure
from closeloop.inbox import store as inbox_store
from closeloop.inbox.erased import HEADER, Gone, gone_from, texts_of, without, without_reasons
from closeloop.inbox.nouns import Click, Key, Message, Receipt, SetAside
from closeloop.inbox.read import read
from closeloop.inbox.store import erasure as inbox_erasure
from closeloop.lifecycle.store import erase as lifecycle_erasure
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned, ShadowKey, records_of
from closeloop.outbox.store import erase as outbox_erasure
from closeloop.ports import Command, Ref, Verb
from closeloop.process.nouns import Process
from closeloop.profile import store as profile_store
from closeloop.record import store as record_store
from closeloop.record.store import erase as record_erasure
from closeloop.steps.batch import Batch
from closeloop.steps.keep_out import WHY, erasure_of
from closeloop.steps.settle import settle
from closeloop.steps.unname import unname
from closeloop.words.errors import BadInput

_PAGE = 200
_SAID = ("name", "email", "phone")
"""Fields by whose values others may speak of the person."""
_SHORTEST = 3
"""Characters of a text that says too little of anybody."""
_DEALS = "Opportunity"
_NAMELESS = "(erased)"
_DONE = "erased; other systems are told"


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is to be erased, by all that anything may be theirs by.

    Attributes:
        family: own entities of the person.
        keys: those that nobody else has part in.
        browsers: those on which nobody else was seen.
        deals: opportunities, purchases and the like that name them, which stay without their name.
        commands: keys of all commands for them.
        clicked: ids of leads, pairs and links of theirs, of which clicks speak.
        words: how others may speak of them.
    """

    root: str
    family: Sequence[str]
    keys: frozenset[Key]
    browsers: frozenset[str]
    records: Sequence[ShadowKey]
    deals: Sequence[str]
    commands: frozenset[str]
    clicked: frozenset[str]
    words: frozenset[str]

    @property
    def parts(self) -> frozenset[str]:
        """The same word by word: of a deal of theirs, a last name is enough."""
        return self.words | {part for word in self.words for part in word.split() if len(part) > _SHORTEST}


@dataclass(slots=True)
class _Found:
    """What is theirs in the receipts: messages by their new names, receipts as they are to be, records told of."""

    renamed: dict[str, str]
    changed: list[Receipt]
    tasks: set[ShadowKey]


def erase(batch: Batch) -> None:
    """All rooms: who wants to be forgotten is, and whose erasure is lifted may come again."""
    for message in list(batch.messages):
        click = message.click
        if click is None or click.verb not in ("erase", "lift") or message.id in batch.refused:
            continue
        try:
            batch.notes[message.id] = _erase(batch, message, click) if click.verb == "erase" else _lift(batch, click)
        except BadInput as error:
            batch.refused[message.id] = str(error)


def _lift(batch: Batch, click: Click) -> str:
    tombstones.lift(batch.connection, click.subject)
    return f"{click.subject} may come in again"


def _erase(batch: Batch, message: Message, click: Click) -> str:
    connection = batch.connection
    salt = tombstones.salt(connection)
    if tombstones.buried(connection, [Key(OURS, click.subject)], salt):
        return _DONE  # so is a replay, which finds nobody to erase
    locked = identity_store.lock(connection, [click.subject])
    if identity_store.kinds(connection, [click.subject]).get(click.subject) != "person":
        raise BadInput(f"nobody is known as {click.subject!r}; `closeloop erase WHO` finds people by their address")
    person = _person(batch, locked[click.subject], sorted(locked))
    found = _in_receipts(batch, person, salt, message.id)
    shown = lifecycle_erasure.shown_of(connection, person.family)
    ours = [Key(OURS, each.our_key) for each in shown if each.object != _DEALS]
    browsers = [Key(BROWSER, each) for each in person.browsers]
    keys = [*person.keys, *(Key(OURS, each) for each in person.family), *ours, *browsers]
    tombstones.bury(connection, keys, salt, person.root, batch.now)
    orders = _orders(batch, person, found.tasks, salt, message.id)
    _outbox(batch, person, found, orders)
    inbox_erasure.rewrite(connection, found.changed)
    inbox_erasure.set_aside(connection, found.renamed, reason(batch.now))
    inbox_erasure.about_nobody(connection, person.family)
    inbox_erasure.without_words(connection, person.words)
    inbox_erasure.unname_sent(connection, person.commands)
    names = sorted(found.renamed)
    identity_erasure.forget(connection, person.family, identity_erasure.judged(connection, person.family))
    identity_erasure.unname_causes(connection, names)
    others = record_erasure.forget(connection, person.family, names, person.deals)
    record_erasure.forget_mentions(connection, person.deals, person.parts)
    profile_store.erase(connection, person.family, sorted(person.browsers))
    lifecycle_erasure.forget(connection, person.family)
    lifecycle_erasure.unname_causes(connection, names)
    alerts_store.erase(connection, person.family)
    settle(batch, sorted(set(identity_store.roots_of(connection, others).values())))
    _out_of_batch(batch, person, found.renamed)
    unname(batch, person.commands | outbox_erasure.keys_naming(connection, found.renamed, person.records), salt)
    return _DONE


def _person(batch: Batch, root: str, family: Sequence[str]) -> _Person:
    connection = batch.connection
    held = identity_store.crosswalk(connection, [root]).get(root, [])
    addresses = sorted(addresses_of(held))
    shared = identity_erasure.shared_addresses(connection, family, addresses)
    keys = {key for key in held if key.kind != EMAIL or key.value not in shared}
    browsers = identity_erasure.seen_on(connection, family) | profile_store.named_on(connection, family)
    seen = sorted(browsers)
    browsers -= identity_erasure.also_seen_on(connection, family, seen)
    browsers -= profile_store.also_named_on(connection, family, seen)
    records = {
        record for record in records_of(held) if record[0] in batch.process.sources and record[1] not in ("user", "row")
    }
    records |= {each for each in outbox_erasure.records_written(connection, family) if each[1] != _DEALS}
    judged = identity_erasure.judged(connection, family)
    leads = lifecycle_erasure.lead_ids(connection, family)
    return _Person(
        root, family, frozenset(keys), frozenset(browsers), sorted(records),
        sorted(
            one
            for kind in ("opportunity", "role", *batch.process.records)
            for one in record_store.load_related(connection, [root], kind).get(root, [])
        ),
        frozenset(outbox_erasure.keys_of(connection, family)),
        frozenset({*judged.pairs, *judged.links, *leads, *family}),
        frozenset(_words(record_erasure.given_texts(connection, family, _SAID)) | set(addresses) - shared),
    )  # fmt: skip


def _words(texts: Collection[str]) -> set[str]:
    values = (msgspec.json.decode(each) for each in texts)
    return {value.strip() for value in values if isinstance(value, str) and len(value.strip()) > _SHORTEST}


def _in_receipts(batch: Batch, person: _Person, salt: str, order_id: str) -> _Found:
    """Every message of theirs, decided or waiting, told once or again, and the receipts without them."""
    connection, process = batch.connection, batch.process
    prefixes = [f"{source}:{name}:{id_}:" for source, name, id_ in person.records]
    kept = inbox_erasure.messages_of(connection, [*person.family, *person.deals], prefixes)
    theirs = {each.id for each in kept if each.kind not in ("click", "match")}
    words = {*person.words, *theirs, *(each.partition(":")[2] for each in theirs), *person.family, *person.commands}
    words |= {key.value for key in person.keys} | {browser.partition("/")[2] for browser in person.browsers}
    wanted = sorted({each.receipt_id for each in kept} | set(inbox_erasure.receipts_with(connection, words)))
    found = _Found({}, [], set())
    for start in range(0, len(wanted), _PAGE):
        receipts = inbox_store.load_receipts(connection, wanted[start : start + _PAGE])
        read_again = {id_: read(receipt, process) for id_, receipt in sorted(receipts.items())}
        known = inbox_erasure.subjects_of(connection, [each.id for said in read_again.values() for each in said])
        whose = _Whose(person, theirs, known, order_id)
        for id_, said in read_again.items():
            _take_out(receipts[id_], said, whose, process, salt, batch, found)
    return found


def _take_out(
    receipt: Receipt, said: Sequence[Message | SetAside], whose: _Whose, process: Process, salt: str, batch: Batch,
    found: _Found,
) -> None:  # fmt: skip
    source = process.sources.get(receipt.source)
    before, gone = gone_from(receipt), dict[int, Gone]()
    texts = texts_of(receipt, source) if any(isinstance(each, SetAside) for each in said) else {}
    for message in said:
        if message.position in before or not whose.is_theirs(message, texts):
            continue
        new = new_id(salt, receipt.source, message.id)
        gone[message.position] = Gone(new, reason(batch.now))
        found.renamed[message.id] = new
        record = message.record if isinstance(message, Message) else None
        if record is not None and record.entity in ("task", "activity"):
            found.tasks.add((receipt.source, record.object, record.id))
    changed = without(receipt, gone, source) if gone else receipt
    if receipt.door == "answer":
        changed = without_reasons(receipt, whose.person.commands)
    if changed.body != receipt.body or changed.headers.get(HEADER) != receipt.headers.get(HEADER):
        found.changed.append(changed)


class _Whose:
    """Says of a message whether it is the person's."""

    def __init__(self, person: _Person, theirs: Collection[str], known: Mapping[str, str], order_id: str) -> None:
        self.person, self.theirs, self.known, self.order_id = person, theirs, known, order_id
        self.needles = tuple(
            word.lower().encode() for word in (*person.words, *(key.value for key in person.keys if len(key.value) > 5))
        )

    def is_theirs(self, message: Message | SetAside, texts: Mapping[int, bytes]) -> bool:
        if isinstance(message, SetAside):
            text = texts.get(message.position, b"").lower()
            return any(each in text for each in self.needles)
        match message.kind:
            case "answer" | "time":
                return False  # they speak of ids alone
            case "click":
                click = message.click
                return click is not None and message.id != self.order_id and click.subject in self.person.clicked
            case "match":
                pair = message.matched
                return pair is not None and not {pair.left_id, pair.right_id}.isdisjoint(self.person.family)
        if message.id in self.theirs:
            return True
        subject = self.known.get(message.id)
        if subject is not None:
            return subject in self.person.family
        return any(
            key in self.person.keys or (key.kind == BROWSER and key.value in self.person.browsers)
            for key in keys_asked(message)
        )


def _orders(batch: Batch, person: _Person, tasks: Collection[ShadowKey], salt: str, message_id: str) -> list[Planned]:
    """Erase every record of theirs; a deal of ours stays, without the name that we gave it."""
    records = {*person.records, *(each for each in tasks if _is_kept_there(each))}
    orders = [
        erasure_of(person.root, source, Ref(name, id_), salt, message_id) for source, name, id_ in sorted(records)
    ]
    crm = batch.process.gate.to
    for each in lifecycle_erasure.shown_of(batch.connection, person.family):
        if each.object == _DEALS and each.record_id is not None:
            key, fields = f"{person.root}:erase:{each.lead_id}", {"subject": _NAMELESS, "packet": None}
            command = Command(key, Verb.UPDATE, each.object, Ref(each.object, each.record_id), fields=fields)
            orders.append(Planned(crm, command, WHY, message_id, None, each.lead_id))
        elif each.record_id is not None and (crm, each.object, each.record_id) not in records:
            orders.append(erasure_of(person.root, crm, Ref(each.object, each.record_id), salt, message_id))
    return orders


def _is_kept_there(record: ShadowKey) -> bool:
    """A to-do or a call can be deleted at its vendor; what a marketing system logs goes with its lead."""
    return record[1] in ("Task", "Event")


def _outbox(batch: Batch, person: _Person, found: _Found, orders: Sequence[Planned]) -> None:
    connection = batch.connection
    outbox_erasure.blank(connection, person.family)
    outbox_erasure.blank_plans(connection, person.family, person.commands)
    outbox_erasure.unname_causes(connection, sorted(found.renamed))
    outbox_erasure.forget_records(connection, {*person.records, *found.tasks})
    outbox_erasure.forget_losers(connection, person.records)
    deals = identity_store.crosswalk(connection, person.deals)
    told = records_of(chain.from_iterable(deals.values()))
    outbox_erasure.forget_mentions(connection, told, person.parts)
    outbox_store.plan(connection, orders, batch.now)


def _out_of_batch(batch: Batch, person: _Person, renamed: Mapping[str, str]) -> None:
    """What was decided in this very batch is theirs too."""
    for each in (*batch.messages, *batch.echoes):
        if each.id in renamed:
            stands = SetAside(
                renamed[each.id], each.source, each.receipt_id, each.position, each.received_at, reason(batch.now)
            )
            batch.set_aside.append(stands)
    batch.set_aside = [each for each in batch.set_aside if each.id not in renamed]
    batch.messages = [each for each in batch.messages if each.id not in renamed]
    batch.sent -= person.commands
    batch.echoes = [each for each in batch.echoes if each.id not in renamed]
    subjects = {id_: of for id_, of in batch.who.subject.items() if of not in person.family}
    batch.who = replace(batch.who, subject=subjects)

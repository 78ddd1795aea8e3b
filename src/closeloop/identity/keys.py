"""The keys that a message speaks of: its own, those of what it points to, and its company's."""

from __future__ import annotations

from collections.abc import Iterable

from closeloop.inbox.nouns import Key, Message
from closeloop.ports import Entity, Record
from closeloop.words.normal import comparable

EMAIL, OURS, COMPANY = "email", "closeloop", "company"
NAMED = "email+name"
"""The kind of a key of somebody who shares an address with its holder: "info@acme.example joe miller"."""
NAMED_COMPANY = "company named"
"""The kind of a key of an account that people named, beside one or several of that name that systems keep."""
ADDRESSES = (EMAIL, NAMED)
LONGEST_NAME = 200
"""Characters of a name that can be part of a key; a longer text is no name."""


def address_of(key: Key) -> str:
    """The address of a key of `ADDRESSES`, in normal form: "info@acme.example" of who shares it as well."""
    return key.value.partition(" ")[0]


def addresses_of(held: Iterable[Key]) -> set[str]:
    """The addresses that somebody with these keys holds or shares."""
    return {address_of(key) for key in held if key.kind in ADDRESSES}


def keys_of(messages: Iterable[Message], company_paths: frozenset[str]) -> set[Key]:
    """Every key that the messages speak of, for loading what is known about them."""
    found: set[Key] = set()
    for message in messages:
        found.update(own_keys(message))
        if message.record is not None:
            found.update(_reference_keys(message.source, message.record))
        company = company_key(message, company_paths)
        if company is not None:
            found.add(company)
    return found


def own_keys(message: Message) -> tuple[Key, ...]:
    """The message's own keys, and the id under which a converted or merged record lives on."""
    return (*message.keys, *one_record(message)[1:])


def one_record(message: Message) -> tuple[Key, ...]:
    """A record's own id and the first of `became`: the vendor itself says that the two are one."""
    record = message.record
    if record is None or not record.became:
        return ()
    first = record.became[0]
    return Key(f"{message.source}.{record.object}", record.id), Key(f"{message.source}.{first.object}", first.id)


def company_key(message: Message, company_paths: frozenset[str]) -> Key | None:
    """The company that a message names, as a key: by the first value reported for an account's company."""
    for reported in message.values:
        if reported.path in company_paths and isinstance(reported.value, str):
            name = comparable("company", reported.value)
            return Key(COMPANY, name) if name and len(name) <= LONGEST_NAME else None
    return None


def entity_kind(relation: str) -> Entity:
    """What a record points to by that relation."""
    match relation:
        case "account" | "opportunity" | "campaign":
            return relation
        case _:
            return "person"


def _reference_keys(source: str, record: Record) -> Iterable[Key]:
    return (Key(f"{source}.{ref.object}", ref.id) for name, ref in record.refs.items() if name != "owner")

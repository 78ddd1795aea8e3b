"""Which fields of a person each outside system should hold, and the commands that bring it there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from closeloop.identity.keys import EMAIL, NAMED
from closeloop.inbox.nouns import Key
from closeloop.outbox.copied import copied_into
from closeloop.outbox.nouns import Known, Planned, Shadow
from closeloop.ports import Command, Ref, Value, Verb
from closeloop.process.nouns import FieldRule, Path, Process
from closeloop.process.vocabulary import COMPANY_OBJECTS, PERSON_OBJECTS
from closeloop.record.clearing import is_blank
from closeloop.record.nouns import Winner, Winners
from closeloop.words.normal import comparable
from closeloop.words.text import clean


def desired(process: Process, source: str, object_name: str, person: Winners, account: Winners) -> dict[str, Value]:
    """Vendor field → value, for a record of `object_name` at `source`.

    A path without an object ("crm.Email") means the person's own records; with one ("crm.Account.Name") that object.
    """
    return {
        name: _outward(rule, winner)
        for name, rule, winner in _wanted(process, source, object_name, person, account, only_always=False)
    }


def sync(known: Known, custody: str, process: Process, message_id: str) -> list[Planned]:
    """Commands that make every record of the person hold the winners, where custody lets the hub write.

    Marketing's system also gets a record of a person that it does not know yet; the CRM never does from here:
    only a handover creates there. Marketing keeps one record for an address: that of whoever of those who share it was
    there first, else its holder's. Whoever of them opts out, that record says so.
    """
    planned: list[Planned] = []
    writes = process.custody[custody].write if custody in process.custody else ()
    at_home = replace(known, person={**known.person, **known.refused}) if known.refused else known
    for source in sorted({path.source for rule in _rules(process) for path in rule.write}):
        here = at_home if source in homes(process) else known
        records = [record for record in known.records(source) if record[0] in PERSON_OBJECTS]
        if any(object_ == "Contact" for object_, _ in records):
            records = [record for record in records if record[0] == "Contact"]
        planned += _updates(here, source, records, process, message_id, only_always=source not in writes)
        unknown = not known.every_record(source)  # one that was deleted or merged there is not made anew
        unknown = unknown and source not in known.taken and (source, "Lead") not in known.pending
        if unknown and source in writes and source in homes(process):
            fields = desired(process, source, "Lead", here.person, here.account)
            if "email" in known.person and known.person["email"].valid and not _shares_address(known):
                key = f"{source}:create:Lead:{known.person_id}"
                command = Command(key, Verb.CREATE, "Lead", our_key=known.person_id, fields=fields)
                planned.append(
                    Planned(
                        source,
                        command,
                        f"{process.signed} custody.{custody}: {source} knows every name",
                        message_id,
                        known.person_id,
                    )
                )
    return planned


def sync_company(known: Known, process: Process, message_id: str) -> list[Planned]:
    """Commands that make every record of a company hold the winners. It has no custody: what `write` names is written.

    Args:
        known: of the account, which stands in the place of the person.
    """
    planned: list[Planned] = []
    for source in sorted({path.source for path in _company_paths(process)}):
        records = [record for record in known.records(source) if record[0] in COMPANY_OBJECTS]
        planned += _updates(known, source, records, process, message_id, only_always=False)
    return planned


def writes_companies(process: Process) -> bool:
    """Whether any field is written to records of companies."""
    return any(_company_paths(process))


def written_fields(process: Process, source: str, object_name: str) -> Iterable[tuple[str, FieldRule]]:
    """The vendor's names of the fields that the hub writes to a record of `object_name`, people's before companies'."""
    for entity in ("person", "account"):
        for rule in process.fields.get(entity, {}).values():
            for path in rule.write:
                if path.source == source and (
                    path.object == object_name or (path.object is None and object_name in PERSON_OBJECTS)
                ):
                    yield path.name, rule


def homes(process: Process) -> frozenset[str]:
    """Marketing's systems: where names live."""
    return frozenset(name for name, source in process.sources.items() if source.role == "marketing")


def _shares_address(known: Known) -> bool:
    """Whether the person's address is another one's, who holds it as a key; theirs is a key of address and name."""
    address = str(known.person["email"].value)
    named = any(key.kind == NAMED and key.value.startswith(f"{address} ") for key in known.keys)
    return named and Key(EMAIL, address) not in known.keys


def _company_paths(process: Process) -> Iterable[Path]:
    return (path for rule in _rules(process) for path in rule.write if path.object in COMPANY_OBJECTS)


def _updates(
    known: Known,
    source: str,
    records: Iterable[tuple[str, str]],
    process: Process,
    message_id: str,
    *,
    only_always: bool,
) -> Iterable[Planned]:
    for object_name, record_id in records:
        changes = _changes(known, source, object_name, record_id, process, only_always=only_always)
        if changes:
            key = f"{known.person_id}:{message_id}:update:{source}.{object_name}:{record_id}"
            command = Command(key, Verb.UPDATE, object_name, Ref(object_name, record_id), fields=changes)
            yield Planned(source, command, _why(process, changes), message_id, known.person_id)


def _changes(
    known: Known, source: str, object_name: str, record_id: str, process: Process, *, only_always: bool
) -> dict[str, Value]:
    shadow = known.shadows.get((source, object_name, record_id))
    if shadow is None:
        return {}  # nothing is known of that record yet: its first reading decides
    wanted = list(_wanted(process, source, object_name, known.person, known.account, only_always=only_always))
    changes = {n: _outward(rule, winner) for n, rule, winner in wanted if not _holds(shadow.get(n), rule, winner)}
    return (
        _taken_out(process, source, object_name, shadow, {n for n, _, _ in wanted}, only_always=only_always)
        | _cleared(known, source, object_name, shadow, process, only_always=only_always)
        | changes
    )


def _cleared(
    known: Known, source: str, object_name: str, shadow: Shadow, process: Process, *, only_always: bool
) -> dict[str, Value]:
    """What the record still holds of fields that a source which may cleared."""
    return {
        name: None
        for name, rule in (written_fields(process, source, object_name) if known.cleared else ())
        if (rule.entity, rule.name) in known.cleared and (rule.always or not only_always)
        if not is_blank(shadow.get(name))
    }


def _taken_out(
    process: Process, source: str, object_name: str, shadow: Shadow, believed: Collection[str], *, only_always: bool
) -> dict[str, Value]:
    """What a merge copied into the record, and nobody believes of this person now that it is undone."""
    copied = copied_into(shadow)
    return {
        name: False if rule.form == "boolean" else None
        for name, rule in (written_fields(process, source, object_name) if copied else ())
        if name not in believed and (rule.always or not only_always)
        if name in copied and shadow.get(name) == copied[name]
    }


def _wanted(
    process: Process, source: str, object_name: str, person: Winners, account: Winners, *, only_always: bool
) -> Iterable[tuple[str, FieldRule, Winner]]:
    winners = {"person": person, "account": account}
    for name, rule in written_fields(process, source, object_name):
        winner = winners[rule.entity].get(rule.name)
        if winner is not None and winner.valid and (rule.always or not only_always):
            yield name, rule, winner


def _outward(rule: FieldRule, winner: Winner) -> Value:
    """An address goes out as its owner wrote it, but for blanks around it; everything else in its normal form."""
    return clean(winner.given) if rule.form == "email" and isinstance(winner.given, str) else winner.value


def _holds(value: Value, rule: FieldRule, winner: Winner) -> bool:
    if value is None or value == "":
        return winner.value is False
    return comparable(rule.form, value) == comparable(rule.form, winner.value)


def _rules(process: Process) -> Iterable[FieldRule]:
    return (rule for rules in process.fields.values() for rule in rules.values())


def _why(process: Process, changes: Mapping[str, Value]) -> str:
    said = (
        (sorted(name for name, value in changes.items() if value is not None), "won elsewhere"),
        (sorted(name for name, value in changes.items() if value is None), "is empty elsewhere"),
    )
    return f"{process.signed} fields: " + ", ".join(f"{', '.join(names)} {what}" for names, what in said if names)

"""What a message states, as values of fields in their normal form: unknown states nothing, blank rarely anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from closeloop.inbox.nouns import Message, Reported
from closeloop.ports import Value
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.once import once_per_process
from closeloop.record.builtin import CURRENCY_NAMES, LIVING, kinds_of, rules_for
from closeloop.record.clearing import is_blank
from closeloop.record.nouns import CLEARED, FieldValue, Stored
from closeloop.words.cleaning import CleaningTable
from closeloop.words.normal import NORMAL_FORMS, Normal

LONGEST = 10_000
"""Characters of one value; longer text is cut there, and what was cut is not valid."""


def report(
    message: Message, entity_ids: Mapping[str, str], process: Process, emptied: Collection[str] = ()
) -> list[FieldValue]:
    """The values that a message states.

    Args:
        entity_ids: "person", "account", "opportunity", "purchase" … → the entity (its own id, not its root) that the
            message is about; what it states of any other entity is left out.
        emptied: paths whose blank takes a value out on purpose, as `clearing.emptied` finds them.

    Returns:
        One value for each field and path; none for an absent value, or a path the process does not list. Blank states
        nothing either, unless it is `emptied` by one that `cleared_by` lists: then the value is CLEARED.
        A phone without a prefix is read by the habits of the country that the same message states for the same
        entity; a bare amount has the currency that the same record states.
    """
    if not message.values:
        return []
    paths = _paths(process)
    stated = [(reported, paths.get((reported.entity, reported.path), ())) for reported in message.values]
    countries = {
        reported.entity: reported.value
        for reported, targets in stated
        if isinstance(reported.value, str) and any(target.form == "country" for target in targets)
    }
    found: dict[tuple[str, str, str], FieldValue] = {}
    for reported, targets in stated:
        entity_id = entity_ids.get(reported.entity)
        if entity_id is None:
            continue
        for target in targets:
            if is_blank(reported.value):
                if target.may_clear and reported.path in emptied:
                    found[entity_id, target.field, reported.path] = FieldValue(
                        entity_id, target.field, reported.path, message.occurred_at, CLEARED, CLEARED, True, message.id
                    )
                continue
            given = _with_currency(reported, target, message)
            normal = _cleaned(target.clean, _normal(target.form, given, countries.get(reported.entity)))
            if normal.value is not None and given is not None:
                row = FieldValue(
                    entity_id, target.field, reported.path, message.occurred_at,
                    normal.value, _kept(given), normal.valid, message.id,
                )  # fmt: skip
                found[entity_id, target.field, reported.path] = row
    return list(found.values())


def relate(entity_id: str, relation: str, other_id: str, *, path: str, at: datetime, message_id: str) -> FieldValue:
    """The statement that an entity belongs to another one.

    Args:
        relation: one of `builtin.RELATIONS`, the field's name.
        other_id: the other entity's own id.
        path: "<source>.<Object>.<relation>", such as "crm.Opportunity.account".
    """
    return FieldValue(entity_id, relation, path, at, other_id, other_id, True, message_id)


def stands(entity_id: str, *, living: bool, path: str, at: datetime, message_id: str) -> FieldValue:
    """The statement that a record is there, or is gone, at its system; `path` as "crm.Order__c.living"."""
    return FieldValue(entity_id, LIVING, path, at, living, living, True, message_id)


def read_again(rule: FieldRule, given: Stored, country: str | None) -> Normal:
    """What was given for a field, in the form that the rule has now; `country` as the same message stated it."""
    normal = _normal(rule.form, given, country)
    return _cleaned(rule.clean, normal)


class _Target(NamedTuple):
    """The field that a path feeds.

    Attributes:
        currency: the path of its currency, for amounts that a vendor keeps apart.
        usual: the currency of amounts of this source that come without one.
        may_clear: a blank under the path may take the value out.
    """

    field: str
    form: str
    currency: str | None
    usual: str | None
    clean: CleaningTable | None
    may_clear: bool


@once_per_process
def _paths(process: Process) -> Mapping[tuple[str, str], tuple[_Target, ...]]:
    paths: dict[tuple[str, str], tuple[_Target, ...]] = {}
    for entity in kinds_of(process):
        for rule in rules_for(process, entity).values():
            for path in rule.paths:
                source = process.sources.get(path.source)
                beside = CURRENCY_NAMES.get(source.kind) if source and rule.form == "money" else None
                currency = ".".join(filter(None, (path.source, path.object, beside))) if beside else None
                usual = source.currency if source and rule.form == "money" else None
                key = (entity, str(path))
                target = _Target(rule.name, rule.form, currency, usual, rule.clean, path in rule.cleared_by)
                paths[key] = (*paths.get(key, ()), target)
    return paths


def _with_currency(reported: Reported, target: _Target, message: Message) -> Value:
    amount = reported.value
    if target.form != "money" or amount is None or isinstance(amount, bool) or amount == "":
        return amount
    if isinstance(amount, float):
        # The shortest decimal that reads back as the same double: 0.1 stays 0.1.
        amount = format(Decimal(repr(amount)), "f")
        amount = amount.rstrip("0").rstrip(".") if "." in amount else amount
    if (target.currency is None and target.usual is None) or not str(amount).strip()[-1:].isdigit():
        return str(amount)
    said = (v.value for v in message.values if v.entity == reported.entity and v.path == target.currency)
    # The currency is no news where the amount alone changed: then the record as it stands has it.
    held = message.record.fields.get((target.currency or "").rpartition(".")[2]) if message.record is not None else None
    currency = next(said, held or target.usual)
    return f"{amount} {currency}" if currency else str(amount)


def _normal(form: str, given: Value, country: str | None) -> Normal:
    if isinstance(given, str) and len(given) > LONGEST:
        cut = NORMAL_FORMS["text"](given[:LONGEST], None)
        return Normal(cut.value, False, f"longer than {LONGEST:,} characters")
    return NORMAL_FORMS[form](given, country)


def _cleaned(table: CleaningTable | None, normal: Normal) -> Normal:
    if table is None or not normal.valid or not isinstance(normal.value, str):
        return normal
    return Normal(table.clean(normal.value), True)


def _kept(given: Stored) -> Stored:
    match given:
        case str():
            # A lone surrogate has no UTF-8, so neither database could keep it.
            return given[:LONGEST].encode("utf-8", "replace").decode("utf-8")
        case bool():
            return given
        case int() | float() if not abs(given) < 2**63:  # JSON has no infinity, and readers of it no larger numbers
            return str(given)
        case _:
            return given

"""Values that are kept, read again by the process in force: a form or a cleaning table may be another one now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.process.nouns import Process
from closeloop.record.builtin import rules_for
from closeloop.record.nouns import CLEARED, FieldValue
from closeloop.record.report import read_again


def reread(kinds: Mapping[str, str], values: Mapping[str, Sequence[FieldValue]], process: Process) -> list[FieldValue]:
    """Those of these values that read otherwise than they are kept.

    Args:
        kinds: root id → "person", "account" …
        values: root id → all values of the entities that are linked to it.
    """
    changed = []
    for root_id, kind in kinds.items():
        rules, theirs = rules_for(process, kind), values.get(root_id, ())
        countries = {
            (each.entity_id, each.message_id): each.given
            for each in theirs
            if each.field in rules and rules[each.field].form == "country" and isinstance(each.given, str)
        }
        for each in theirs:
            if each.field not in rules or each.value == CLEARED:
                continue
            country = countries.get((each.entity_id, each.message_id))
            normal = read_again(rules[each.field], each.given, country if isinstance(country, str) else None)
            if normal.value is not None and (normal.value, normal.valid) != (each.value, each.valid):
                changed.append(each._replace(value=normal.value, valid=normal.valid))
    return changed

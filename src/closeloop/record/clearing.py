"""A blank is a statement only where it takes out what was there, and comes from a source that may clear the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from closeloop.inbox.nouns import Message
from closeloop.ports import Value
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.once import once_per_process


def is_blank(value: Value) -> bool:
    """Whether nothing is said: no value, or no more than blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def emptied(message: Message, names: Mapping[str, bool]) -> dict[str, bool]:
    """The paths under which a message takes a value out, whether or not its source may: path → whether that is meant.

    A form and a row of a file leave blank what they do not ask, so theirs mean nothing. Who says at the API's door that
    a trait of somebody is null means it.

    Args:
        names: of a record, its fields that are blank now and held a value before, with whether that was read there.
    """
    record = message.record
    if record is not None:
        starts = (message.source, f"{message.source}.{record.object}")
        paths = {f"{start}.{name}": was_read for start in starts for name, was_read in names.items()}
        return {each.path: paths[each.path] for each in message.values if each.path in paths and is_blank(each.value)}
    if message.kind == "event" and message.act is None:
        return {each.path: True for each in message.values if each.value is None}
    return {}


def refused(message: Message, paths: Mapping[str, bool], process: Process) -> Iterator[str]:
    """Why what a message emptied, as `emptied` has it, does not clear the field: a line in plain words for each."""
    for entity, path in sorted({(each.entity, each.path) for each in message.values if each.path in paths}):
        for rule in _believed(process).get((entity, path), ()):
            said = f"{path} was blanked on {message.occurred_at.date().isoformat()}"
            if path not in map(str, rule.cleared_by):
                listed = f"only {', '.join(map(str, rule.cleared_by))}" if rule.cleared_by else "nobody"
                where = f"fields.{entity}.{rule.name}: cleared_by"
                yield f"{said}; {listed} may clear it ({where}), so it stays as believed"
            elif not paths[path]:
                yield f"{said} before the hub had read there what it wrote itself, so it stays as believed"


@once_per_process
def _believed(process: Process) -> Mapping[tuple[str, str], tuple[FieldRule, ...]]:
    """Entity and path → the declared fields that it is believed for; a yes is taken back by saying no."""
    found: dict[tuple[str, str], tuple[FieldRule, ...]] = {}
    for entity, rules in process.fields.items():
        for rule in rules.values():
            for path in rule.paths if rule.form != "boolean" else ():
                found[entity, str(path)] = (*found.get((entity, str(path)), ()), rule)
    return found

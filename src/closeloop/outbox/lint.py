"""What a system would refuse, foreseen from how it describes its own fields: picklists, lengths, what it demands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from closeloop.ports import HANDOVER, Command, Owner, Shape, ShapeField, Value, Verb

_MOST_NAMED = 12
_NOBODY: Mapping[str, Owner] = {}


def refusal(command: Command, shapes: Sequence[Shape], gone: Mapping[str, Owner] = _NOBODY) -> str | None:
    """Why the system would not take a create or update, in plain words; None when nothing is foreseen.

    Only what the system itself says is foreseen: a value that is not on a field's list, a text longer than the field, a
    new record without a field that it must have, an owner who is not active (`gone`: user → who that was).
    Rules of its own that it does not tell (validation rules, triggers) show when it answers.
    """
    if command.verb not in (Verb.CREATE, Verb.UPDATE):
        return None
    fields = {each.name: each for shape in shapes if shape.object == command.object for each in shape.fields}
    # What a handover shows, the connector fits into fields of its own by itself.
    own = [(fields[name], value) for name, value in command.fields.items() if name in fields and name not in HANDOVER]
    unfit = [said for field, value in own if (said := _unfit(field, value))]
    if command.verb is Verb.CREATE:
        given = {name for name, value in command.fields.items() if value not in (None, "")}
        if lacking := [field.name for field in demanded(fields.values(), given)]:
            unfit.append(f"{command.object} needs {', '.join(lacking)}")
    owner = command.refs.get("owner")
    if owner is not None and (left := gone.get(owner.id)):
        unfit.append(f"{left.name} ({left.id}) is not active there and may no longer own records")
    return "; ".join(unfit) or None


def demanded(fields: Iterable[ShapeField], given: Collection[str]) -> list[ShapeField]:
    """The fields that a new record must have, that are not given, and that nobody fills otherwise."""
    return [field for field in fields if field.required and not field.filled and field.name not in given]


def _unfit(field: ShapeField, value: Value) -> str | None:
    if value is None or value == "":
        return None
    if field.allowed and str(value) not in field.allowed:
        more = f" and {len(field.allowed) - _MOST_NAMED} more" if len(field.allowed) > _MOST_NAMED else ""
        return f"{field.name}: {value!r} is not on its list; valid: {', '.join(field.allowed[:_MOST_NAMED])}{more}"
    if field.max_length is not None and isinstance(value, str) and len(value) > field.max_length:
        return f"{field.name}: {len(value)} characters; valid are at most {field.max_length}: {value[:40]!r}…"
    return None

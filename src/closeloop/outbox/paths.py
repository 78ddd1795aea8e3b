"""Paths of the process file that a system does not have, by its own description of its objects and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from closeloop.ports import Shape
from closeloop.process.nouns import Path, Process


def unknown_paths(process: Process, source: str, shapes: Sequence[Shape]) -> list[str]:
    """What the process reads or writes there that the system does not name, each with the closest that it has.

    An object that is described without fields may have any. A connector may know a field by a name of its own that no
    description has, so this is told and nothing is refused.

    Args:
        source: its name in the process.
        shapes: all that the system told of itself.
    """
    fields: dict[str, list[str]] = {}
    for shape in shapes:
        fields.setdefault(shape.object, []).extend(field.name for field in shape.fields)
    said: dict[str, None] = {}
    for where, path in paths_of(process):
        if path.source == source and (what := _unknown(path, fields)):
            said[f"{where}: {path}: {what}"] = None
    return list(said)


def paths_of(process: Process) -> Iterator[tuple[str, Path]]:
    """Every path that the process file names, with its place there."""
    for entity, rules in process.fields.items():
        for rule in rules.values():
            yield from ((f"fields.{entity}.{rule.name}", path) for path in (*rule.paths, *rule.write))
    for kind in process.records.values():
        for rule in kind.fields.values():
            yield from ((f"records.{kind.name}.has.{rule.name}", path) for path in rule.paths)
    for stage in process.stages.values():
        for what, named in (("outcomes", stage.outcomes), ("milestones", stage.milestones)):
            for each in named.values():
                yield from ((f"stages.{stage.name}.{what}.{each.name}", heard.path) for heard in each.heard_as)


def _unknown(path: Path, fields: Mapping[str, Sequence[str]]) -> str:
    if path.object is None:
        known = sorted({name for names in fields.values() for name in names})
        return "" if path.name in known or not known else f"no object has such a field{_hint(path.name, known)}"
    if path.object not in fields:
        return f"there is no object {path.object}{_hint(path.object, sorted(fields))}"
    known = sorted(fields[path.object])
    return "" if path.name in known or not known else f"{path.object} has no such field{_hint(path.name, known)}"


def _hint(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""

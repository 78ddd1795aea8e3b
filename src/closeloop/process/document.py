"""A process file as plain values, with the line on which each stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from closeloop.words.errors import Fault, ProcessError

At = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top."""

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | date | None

_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """`lines` counts from 1 and has every key and every item."""

    file: str
    plain: Plain
    lines: Mapping[At, int]

    def line(self, at: At) -> int:
        """The line of the place, or of the closest place around it."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


def read_document(file: str, content: bytes) -> Document:
    """Read YAML 1.2: `NO` is Norway and 12:30 a text.

    Raises:
        ProcessError: no UTF-8, no YAML, or YAML beyond maps, lists and scalars.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProcessError([Fault(file, line, "not UTF-8; save the file as UTF-8")]) from None
    if len(text) > _LONGEST:
        raise ProcessError([Fault(file, 0, f"{len(text):,} characters; valid are at most {_LONGEST:,}")])
    try:
        root = YAML(typ="rt", pure=True).load(text)
        lines: dict[At, int] = {(): 1}
        plain = _plain(root, (), lines, set())
    except MarkedYAMLError as error:
        raise ProcessError([Fault(file, _line_of(error), f"not YAML: {_said(error)}")]) from None
    except _NotPlainError as error:
        raise ProcessError([Fault(file, error.line, error.what)]) from None
    except RecursionError:
        raise ProcessError([Fault(file, 0, "nested too deep to be a process file")]) from None
    except (YAMLError, ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
        # The parser's own slips on malformed tags and scalars come as plain Python errors.
        raise ProcessError([Fault(file, 0, f"not YAML: {type(error).__name__} {error}")]) from None
    return Document(file, plain, lines)


class _NotPlainError(Exception):
    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(what)


def _plain(node: object, at: At, lines: dict[At, int], seen: set[int]) -> Plain:
    line = lines[at]
    if isinstance(node, CommentedMap | CommentedSeq):
        if id(node) in seen:
            raise _NotPlainError(line, "an alias (*name) repeats a part; valid is to write it out")
        seen.add(id(node))
        lines.update((place, place_line) for place, place_line in _places(node, at, line))
        if isinstance(node, CommentedSeq):
            return [_plain(item, (*at, index), lines, seen) for index, item in enumerate(node)]
        return {key: _plain(value, (*at, key), lines, seen) for key, value in node.items()}
    if isinstance(node, TaggedScalar):
        raise _NotPlainError(line, f"a tag ({node.tag.value}) has no meaning here; valid is the bare value")
    if node is None or isinstance(node, str | bool):
        return None if node is None else node if isinstance(node, bool) else str(node)
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    if isinstance(node, date):
        return date(node.year, node.month, node.day)
    raise _NotPlainError(line, f"{type(node).__name__} has no meaning here; valid are maps, lists, texts and numbers")


def _places(node: CommentedMap | CommentedSeq, at: At, line: int) -> Iterator[tuple[At, int]]:
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            yield (*at, index), node.lc.item(index)[0] + 1
        return
    for key in node:
        if not isinstance(key, str):
            raise _NotPlainError(line, f"the key {key!r} is no text; write it in quotes")
        yield (*at, key), node.lc.key(key)[0] + 1


def _line_of(error: MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


def _said(error: MarkedYAMLError) -> str:
    said = " ".join(str(part).split("\n")[0] for part in (error.context, error.problem) if part)
    begun, noticed = error.context_mark, error.problem_mark
    where = f" (it begins on line {begun.line + 1})" if begun and noticed and begun.line != noticed.line else ""
    return f"{said or 'cannot be read'}{where}"

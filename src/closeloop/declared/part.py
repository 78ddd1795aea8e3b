"""One map of a declaration while it is read: what stands under each key, every mistake kept with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from closeloop.ports import Value
from closeloop.process.document import At, Document, Plain
from closeloop.process.faults import Faults


class Part:
    """A map at one place of the file. Getters add a fault and give nothing when the value does not fit.

    Args:
        document: the whole file.
        faults: where mistakes go.
        at: the place.
        plain: what stands there; anything but a map is a fault, and reads like an empty map.
    """

    def __init__(self, document: Document, faults: Faults, at: At, plain: Plain) -> None:
        self.document, self.faults, self.at = document, faults, at
        self._map: Mapping[str, Plain] = plain if isinstance(plain, dict) else {}
        if not isinstance(plain, dict):
            self.faults.add(at, f"{_shown(plain)} stands where a map is needed")

    @property
    def line(self) -> int:
        """The line of the place, from 1."""
        return self.document.line(self.at)

    def __contains__(self, key: str) -> bool:
        return key in self._map

    def __iter__(self) -> Iterator[str]:
        return iter(self._map)

    def plain(self, key: str) -> Plain:
        """Whatever stands under the key, unchecked; None when it is absent."""
        return self._map.get(key)

    def only(self, keys: Collection[str], what: str = "key") -> None:
        """Every other key is a fault, with the near match."""
        for key in self._map:
            if key not in keys:
                self.faults.unknown((*self.at, key), what, key, keys)

    def add(self, key: str, what: str) -> None:
        """A fault at the key, or at the map itself where the key is absent."""
        self.faults.add((*self.at, key) if key in self._map else self.at, what)

    def text(self, key: str, *, needed: bool = False) -> str | None:
        """A text that is not blank."""
        if key not in self._map:
            if needed:
                self.faults.add((*self.at, key), "missing; it must be there")
            return None
        found = self._map[key]
        if isinstance(found, str) and found.strip():
            return found
        self.add(key, f"{_shown(found)} stands where a text is needed")
        return None

    def word(self, key: str, valid: Iterable[str], *, needed: bool = False) -> str | None:
        """One of a closed list of words."""
        found = self.text(key, needed=needed)
        valid = list(valid)
        if found is None or found in valid:
            return found
        self.faults.unknown((*self.at, key), "word", found, valid)
        return None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        found = self._map.get(key, default)
        if isinstance(found, bool):
            return found
        self.add(key, f"{_shown(found)} stands where true or false is needed")
        return default

    def count(self, key: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
        """A whole number within bounds."""
        found = self._map.get(key, default)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        self.add(key, f"{_shown(found)}; valid is a whole number from {least} to {most}")
        return default

    def pattern(self, key: str) -> str | None:
        """A regular expression with at most one group."""
        found = self.text(key)
        if found is None:
            return None
        try:
            groups = re.compile(found).groups
        except re.error as error:
            self.add(key, f"{found!r} is no regular expression: {error}")
            return None
        if groups > 1:
            self.add(key, f"{found!r} has {groups} groups; valid is at most one, around the id")
            return None
        return found

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts, or one text alone."""
        found = self._map.get(key)
        if found is None or isinstance(found, str):
            one = self.text(key, needed=needed)
            return () if one is None else (one,)
        if isinstance(found, list) and found and all(isinstance(each, str) and each.strip() for each in found):
            return tuple(str(each) for each in found)
        self.add(key, f"{_shown(found)} stands where a list of texts is needed")
        return ()

    def named_texts(self, key: str) -> Mapping[str, str]:
        """A map from texts to texts."""
        return {} if (part := self.part(key)) is None else {name: part.text(name) or "" for name in part}

    def named_values(self, key: str) -> Mapping[str, Value]:
        """A map from texts to single values."""
        if (part := self.part(key)) is None:
            return {}
        return {name: value for name in part for value in part.scalars(name, lists=False)}

    def scalars(self, key: str, *, lists: bool = True) -> tuple[Value, ...]:
        """A list of single values, or one alone; a date is its text."""
        found = self._map.get(key)
        given = found if isinstance(found, list) and lists else [found]
        if not given or any(isinstance(each, dict | list) for each in given):
            self.add(key, f"{_shown(found)} stands where a value{' or a list of values' if lists else ''} is needed")
            return ()
        return tuple(_value(each) for each in given)

    def part(self, key: str) -> Part | None:
        """The map under the key."""
        return Part(self.document, self.faults, (*self.at, key), self._map[key]) if key in self._map else None

    def parts(self, key: str) -> tuple[Part, ...]:
        """The maps of the list under the key; one map alone will do."""
        found = self._map.get(key)
        if not isinstance(found, list):
            return () if (one := self.part(key)) is None else (one,)
        return tuple(Part(self.document, self.faults, (*self.at, key, n), each) for n, each in enumerate(found))


def _value(plain: Plain) -> Value:
    return plain.isoformat() if isinstance(plain, date) else plain if not isinstance(plain, dict | list) else None


def _shown(value: Plain) -> str:
    text = "nothing" if value is None else "a map" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

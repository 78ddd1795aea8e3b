"""Other versions of the project's own process file."""

from __future__ import annotations

from functools import cache

from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from support.road import b2b


@cache
def version(number: int, *changes: tuple[str, str], more: str = "") -> Process:
    """b2b in another version; each change is a text of the file, and the one in its place, and `more` its end."""
    files = dict(b2b().files)
    said = files["b2b.yaml"].decode()
    for old, new in (("version: 7 ", f"version: {number} "), *changes):
        assert old in said, f"the process file does not say {old!r}"
        said = said.replace(old, new)
    return load_files(files | {"b2b.yaml": (said + more).encode()}, "b2b.yaml")

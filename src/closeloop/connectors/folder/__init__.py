"""Folder: CSV and Parquet files that others drop, declared in a file, and files of rows for others to take."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

from closeloop.connectors.folder.connector import Folder
from closeloop.connectors.folder.files import Csv
from closeloop.declared.nouns import Declared
from closeloop.declared.read import read_declared
from closeloop.ports import Clock
from closeloop.words.errors import BadInput
from closeloop.words.settings import number

__all__ = ["Folder", "connect"]

_NEEDED = ("folder", "declared")


def connect(settings: Mapping[str, str], clock: Clock) -> Folder:
    """A connector to one folder; it is not looked at before the first call.

    Args:
        settings: `folder` (its path), `declared` (the text of the declaration); and if wanted `declared_file` (its
            name, for messages), `delimiter` (","), `encoding` ("utf-8") and `page_size` ("5000").
        clock: names outgoing files.

    Raises:
        BadInput: a setting is missing or not one of those valid.
        ProcessError: the declaration cannot be used.
    """
    name = settings.get("name", "folder")
    missing = [each for each in _NEEDED if not settings.get(each)]
    if missing:
        raise BadInput(f"{name}: {', '.join(missing)} missing; needed are {', '.join(_NEEDED)}")
    declared = read_declared(settings.get("declared_file", "declaration"), settings["declared"].encode())
    _check_names(name, declared)
    delimiter = settings.get("delimiter", ",")
    if len(delimiter) != 1:
        raise BadInput(f"{name}: delimiter = {delimiter!r}; valid is one character, such as ; or a tab")
    style = Csv(delimiter, _encoding(name, settings.get("encoding", "utf-8")))
    size = int(number(name, settings, "page_size", 5000))
    return Folder(Path(settings["folder"]), declared, clock, style=style, size=size)


def _encoding(name: str, encoding: str) -> str:
    try:
        found = codecs.lookup(encoding).name
    except LookupError:
        raise BadInput(f"{name}: encoding = {encoding!r}; valid is such as utf-8, cp1252, utf-16") from None
    # A mark at the beginning is no part of the first column's name.
    return "utf-8-sig" if found == "utf-8" else found


def _check_names(name: str, declared: Declared) -> None:
    for each in declared.objects.values():
        for source in (each.source, *(ending.source for ending in each.endings)):
            if "/" in source or "\\" in source:
                what = f"`from: {source}` is a path; valid is the name of a file in the folder, without its ending"
                raise BadInput(f"{name}: {declared.file}, line {each.line}: {what}")

"""What a file is by its first octets: what cannot be read as a table is refused by its name, with a way out."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from closeloop.tables.nouns import Kind
from closeloop.words.errors import BadInput

_MOST_UNPACKED = 4 << 30
_SAVE = "open it where it was made and save it as XLSX or CSV"
_OLE, _ZIP, _PARQUET = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"PAR1"
_OTHERS = {
    b"%PDF": f"a PDF; {_SAVE}",
    b"\x1f\x8b": "packed with gzip; unpack it first",
    b"BZh": "packed with bzip2; unpack it first",
    b"\xfd7zXZ": "packed with xz; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"PK\x05\x06": "an empty ZIP archive; hand in the file that was to be in it",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"{\\rtf": f"an RTF document; {_SAVE}",
    b"\x89PNG": "a picture; hand in the table itself",
    b"\xff\xd8\xff": "a picture; hand in the table itself",
    b"GIF8": "a picture; hand in the table itself",
    b"ORC": "an ORC file; export it as Parquet or CSV",
    b"Obj\x01": "an Avro file; export it as Parquet or CSV",
    b"ARROW1": "an Arrow file; export it as Parquet or CSV",
}


def kind_of(path: Path, head: bytes) -> Kind | Literal["text"]:
    """The format, by content; "text" is a CSV or JSON lines, or what `refuse_markup` knows better.

    Args:
        path: of the file.
        head: its first octets, at least 16 of them if it has so many.

    Raises:
        BadInput: no table: says what it is, and what to do.
    """
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_OLE):
        return "xls"
    if head.startswith(_ZIP):
        return _in_zip(path)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise BadInput(f"{path}: is {what}")
    return "text"


def refuse_markup(path: Path, text: str) -> None:
    """Refuse what is text, but no table.

    Args:
        path: of the file.
        text: its beginning, decoded.

    Raises:
        BadInput: HTML, which many systems export under the name .xls, XML, or one JSON document.
    """
    start = text[:4000].lstrip().lower()
    if start.startswith("<") and ("<html" in start or "<table" in start or "<!doctype html" in start):
        raise BadInput(f"{path}: is an HTML page, whatever its name says, as some systems export for Excel; {_SAVE}")
    if start.startswith("<?xml"):
        raise BadInput(f"{path}: is XML; {_SAVE}")


def _in_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            size = sum(member.file_size for member in archive.infolist())
            mimetype = archive.read("mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise BadInput(f"{path}: is a spreadsheet or archive that cannot be opened ({error}); save it again") from None
    if size > _MOST_UNPACKED:
        raise BadInput(f"{path}: unpacks to {size >> 30} GiB; {_MOST_UNPACKED >> 30} at most, export it as CSV")
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    for name, kind in _WORKBOOKS:
        if name in names:
            return kind
    if "word/document.xml" in names or b"opendocument" in mimetype:
        raise BadInput(f"{path}: is a text document; {_SAVE}")
    raise BadInput(f"{path}: is a ZIP archive; unpack it and hand in the file within")


_WORKBOOKS: tuple[tuple[str, Kind], ...] = (("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "xlsb"))

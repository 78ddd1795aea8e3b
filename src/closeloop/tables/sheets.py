"""The rows of a spreadsheet as text: numbers without a needless fraction, days and times as ISO 8601."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from closeloop.tables.nouns import Choice
from closeloop.words.errors import BadInput


def sheet_of(path: Path, said: str | None) -> tuple[str, tuple[str, ...], Choice]:
    """The sheet to read, all sheets, and the reason.

    Raises:
        BadInput: it cannot be opened, is locked by a password, has no such sheet or nothing on any.
    """
    with _opened(path) as book:
        shown = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        names = tuple(book.sheet_names)
        if said is not None:
            if said not in names:
                there = ", ".join(map(repr, names))
                raise BadInput(f"{path}: has no sheet {said!r}; it has {there}: name one with --sheet")
            return said, names, Choice("sheet", said, "as was said")
        full = [name for name in shown or names if _size(book, name)]
    if not full:
        raise BadInput(f"{path}: nothing stands on its sheets ({', '.join(map(repr, names))}); it has no header")
    if len(full) == 1:
        return full[0], names, Choice("sheet", full[0], "the only one with something on it")
    why = f"the first of {len(full)} with something on them; the others: {', '.join(full[1:])}"
    return full[0], names, Choice("sheet", full[0], why, sure=False)


def sheet_rows(path: Path, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with its number from 1, as text. The sheet is in memory while it is read, as its format demands."""
    with _opened(path) as book:
        try:
            rows = _read(book, sheet).iter_rows()
            for number, cells in enumerate(rows, 1):
                yield number, [_text(cell) for cell in cells]
        except CalamineError as error:
            raise BadInput(f"{path}: sheet {sheet!r} cannot be read: {error}; save it again, or as CSV") from None


def _opened(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise BadInput(f"{path}: is locked by a password; save it without one") from None
    except (CalamineError, OSError, ValueError) as error:
        raise BadInput(f"{path}: is no spreadsheet that can be opened ({error}); save it again, or as CSV") from None


def _read(book: CalamineWorkbook, name: str) -> CalamineSheet:
    return book.get_sheet_by_name(name)


def _size(book: CalamineWorkbook, name: str) -> int:
    try:
        sheet = _read(book, name)
    except CalamineError:
        return 0  # a chart has no cells
    return sheet.height * sheet.width


def _text(cell: float | str | date | time | timedelta) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)

"""What is under way, with counts, on a terminal."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Told:
    """A line for each kind of work, counted on while the block lasts, and gone after it."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def progress(self, what: str, n: int) -> None:
        """So much more of it is done."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(escape(what), total=None)
        self._progress.advance(self._tasks[what], n)

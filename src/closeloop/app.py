"""The command line and what its commands share; the parts behind it are loaded when a command first asks for one."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closeloop.cli import DATABASE, command_line
from closeloop.words.errors import CloseloopError

if TYPE_CHECKING:
    from closeloop.installed import Installed

cli = command_line()


def main() -> None:
    """Run the command line; what goes wrong is said in one line, with exit code 1."""
    try:
        cli()
    except CloseloopError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


@cli.callback()
def settings(
    context: typer.Context,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="CLOSELOOP_DATABASE", show_default=DATABASE, help="sqlite:///FILE or postgresql://USER@HOST/NAME."
        ),
    ] = None,
    process: Annotated[
        Path | None,
        typer.Option(envvar="CLOSELOOP_PROCESS", show_default="the newest in the database", help="The process file."),
    ] = None,
) -> None:
    """What all commands share."""
    asked_for = WhenAskedFor(database, process)
    context.obj = asked_for
    context.call_on_close(asked_for.close)


class WhenAskedFor:
    """`Installed`, made when something of it is first asked for: a command on files alone never waits for it."""

    def __init__(self, url: str | None, process_file: Path | None) -> None:
        self._given = (url, process_file)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever `Installed` has
        return getattr(self._installed, name)

    def close(self) -> None:
        """Let go of what was opened."""
        if "_installed" in vars(self):
            self._installed.close()

    @cached_property
    def _installed(self) -> Installed:
        module = import_module("closeloop.installed")
        module.log_plainly()
        made: Installed = module.Installed(*self._given, os.environ)
        return made

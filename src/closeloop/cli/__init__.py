"""The commands, one file each. What they work on comes by the context: see `installation`."""

from __future__ import annotations

import typer

from closeloop.cli.audit import audit
from closeloop.cli.check import check
from closeloop.cli.compare import compare
from closeloop.cli.connect import connect
from closeloop.cli.demo import demo
from closeloop.cli.erase import erase
from closeloop.cli.import_ import import_
from closeloop.cli.match import match
from closeloop.cli.pairs import pairs
from closeloop.cli.plan import apply, plan
from closeloop.cli.replay import replay
from closeloop.cli.report import report
from closeloop.cli.rescore import rescore
from closeloop.cli.run import run
from closeloop.cli.unlink import unlink
from closeloop.cli.up import up
from closeloop.cli.why import why

__all__ = ["add_commands"]


def add_commands(to: typer.Typer) -> None:
    """Name the commands, in the order in which help lists them."""
    to.command()(demo)
    to.command()(run)
    to.command()(up)
    to.command()(connect)
    to.command()(plan)
    to.command()(apply)
    to.command()(rescore)
    to.command()(compare)
    to.command()(check)
    to.command("import")(import_)
    to.command()(audit)
    to.command()(why)
    to.command()(report)
    to.command()(replay)
    to.command()(pairs)
    to.command()(unlink)
    to.command()(erase)
    to.add_typer(match, name="match")

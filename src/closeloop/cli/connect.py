"""`closeloop connect`: asks what a system needs, tries it, shows what may be read and written, keeps it sealed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.kinds import KINDS, Kind
from closeloop.outbox.nouns import MAIL
from closeloop.outbox.paths import unknown_paths
from closeloop.ports import Connector
from closeloop.process.nouns import Process
from closeloop.words.errors import BadInput, EndError, Permanent

_MOST_FIELDS = 8

Source = Annotated[
    str | None, typer.Argument(metavar="[SYSTEM]", help="A source of the process file; all are listed if not said.")
]
Given = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting, instead of being asked for it.")
]
Untried = Annotated[bool, typer.Option("--untried", help="Keep it even when the system cannot be reached now.")]
Forget = Annotated[bool, typer.Option("--forget", help="Take the kept settings away.")]


def connect(
    context: typer.Context,
    system: Source = None,
    *,
    given: Given = None,
    untried: Untried = False,
    forget: Forget = False,
) -> None:
    """Set up the connection to a system. Nothing is written to it: a plan comes first."""
    installation: Installation = context.obj
    console = Console()
    kinds = installation.kinds
    if system is None:
        _list(installation, kinds, console)
        return
    if system not in kinds:
        raise BadInput(
            f"{system!r} is no system that can be connected; {installation.process.signed} has {', '.join(kinds)}"
        )
    if forget:
        installation.forget(system)
        console.print(f"{system}: its settings are forgotten; what environment variables say still holds")
        return
    kind = KINDS[kinds[system]]
    settings = _asked(system, kind, _read(system, kind, given or []))
    with closing(installation.made(system, settings)) as end:
        try:
            _show(system, end, installation.process, console)
        except EndError as error:
            if not untried:
                raise BadInput(f"{system}: {error}; nothing was kept (--untried keeps it all the same)") from None
            console.print(f"[yellow]not tried:[/] {escape(str(error))}")
    where = installation.keep(system, settings)
    console.print(f"kept sealed in the database; {where}")
    console.print("next: closeloop plan" if system != MAIL else "next: closeloop up")


def _read(system: str, kind: Kind, given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, mark, value = each.partition("=")
        if not mark:
            raise BadInput(f"{system}: --set {name!r} says no value; valid is NAME=VALUE")
        found[name.lower()] = value
    for name in found:
        if name not in kind.names:
            close = get_close_matches(name, kind.names, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise BadInput(f"{system}: it has no setting {name!r}; {hint}valid are {', '.join(kind.names)}")
    return found


def _asked(system: str, kind: Kind, settings: dict[str, str]) -> dict[str, str]:
    """Everything that is needed: what was not said is asked, on a terminal."""
    for each in kind.settings:
        if each.name in settings or (not each.needed and not sys.stdin.isatty()):
            continue
        if not sys.stdin.isatty():
            needed = ", ".join(one.name for one in kind.settings if one.needed)
            raise BadInput(
                f"{system}: {each.name} is not said, and there is no terminal to ask; give --set for {needed}"
            )
        default = each.usual if each.needed and each.usual else "" if not each.needed else None
        answer = typer.prompt(each.asks, default=default, hide_input=each.secret, show_default=bool(each.usual))
        if answer:
            settings[each.name] = answer
    return settings


def _show(system: str, end: Connector, process: Process, console: Console) -> None:
    """What may be read and written there, by its own description."""
    if not end.objects() and not end.person_objects:
        console.print(f"{system}: ready to send")
        return
    table = Table("object", "is", "records", "fields", "may be written", "must be given")
    shapes = end.discover()
    for shape in shapes:
        writable = [field.name for field in shape.fields if field.writable]
        count = end.count(shape.object) if shape.object in end.objects() else None
        table.add_row(
            shape.object, shape.entity, "–" if count is None else f"{count:,}", f"{len(shape.fields):,}",
            _some(writable), _some([field.name for field in shape.fields if field.required]),
        )  # fmt: skip
    console.print(table)
    for said in unknown_paths(process, system, shapes):
        console.print(f"[yellow]not there:[/] {escape(said)}")
    try:
        owners = end.owners()
    except Permanent as error:
        owners = ()
        console.print(f"[yellow]who may own records cannot be read:[/] {escape(str(error))}")
    if owners:
        gone = sum(not owner.active for owner in owners)
        console.print(f"{len(owners):,} may own records there" + (f", {gone:,} of them are not active" if gone else ""))
    limits = end.limits()
    if limits.calls_allowed is not None:
        console.print(f"{limits.calls_left:,} of {limits.calls_allowed:,} calls are left in its window")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_FIELDS} more" if len(names) > _MOST_FIELDS else ""
    return ", ".join(names[:_MOST_FIELDS]) + more if names else "–"


def _list(installation: Installation, kinds: Mapping[str, str], console: Console) -> None:
    set_up = installation.set_up()
    table = Table("system", "kind", "connected by")
    for name, kind in kinds.items():
        table.add_row(name, kind, set_up.get(name, "nothing yet: closeloop connect " + name))
    console.print(table)

"""The commands by name, each loaded when it is called; what they work on comes by the context: see `installation`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

DATABASE: Final = "sqlite:///var/closeloop.db"
"""Where the database is if none is named."""
COMMANDS: Final = {
    "demo": (
        "closeloop.cli.demo:demo",
        (
            "Play the scenarios beside the process file with simulated vendors and a fast clock, then leave the "
            "console open."
        ),
    ),
    "run": (
        "closeloop.cli.run:run",
        "Take the files of an example in, decide everything, and say what came of it. A second run changes nothing.",
    ),
    "up": (
        "closeloop.cli.up:up",
        "Open the doors and the console, and keep the road moving; Ctrl-C or SIGTERM ends it after what is under way.",
    ),
    "connect": (
        "closeloop.cli.connect:connect",
        "Set up the connection to a system. Nothing is written to it: a plan comes first.",
    ),
    "simulate": (
        "closeloop.cli.simulate:simulate",
        (
            "Start a simulated Salesforce, Marketo or Eloqua to connect to; Ctrl-C ends it, and what it holds is gone "
            "then."
        ),
    ),
    "plan": (
        "closeloop.cli.plan:plan",
        "Read every system and say what would be sent to it; nothing is sent, now or later, before it is applied.",
    ),
    "apply": (
        "closeloop.cli.plan:apply",
        "Send exactly what a plan says. Stopped by Ctrl-C or a crash, the same command goes on where it was.",
    ),
    "rescore": (
        "closeloop.cli.rescore:rescore",
        "Say what a changed process would change for everybody known; with --apply, change it.",
    ),
    "compare": (
        "closeloop.cli.compare:compare",
        "Find what the hub missed of a system: made, changed or deleted there without a word. Writes nothing outside.",
    ),
    "check": (
        "closeloop.cli.check:check",
        "Check a process file and its tables. Exit code 1, and every mistake with file and line, if it cannot be used.",
    ),
    "import": (
        "closeloop.cli.import_:import_",
        "Take a file in. The same file twice changes nothing.",
    ),
    "audit": (
        "closeloop.cli.audit:audit",
        "Show how dirty exports of people are: duplicates, parity, validity, and what a clean-up would do.",
    ),
    "why": (
        "closeloop.cli.why:why",
        "Name the evidence and the rule (process@version) behind each decision.",
    ),
    "report": (
        "closeloop.cli.report:report",
        "Print a report, or list the reports there are.",
    ),
    "replay": (
        "closeloop.cli.replay:replay",
        "Decide everything again, in the same order and at the same moments, or try again what failed.",
    ),
    "rejects": (
        "closeloop.cli.rejects:rejects",
        "List what systems refused by cause, the commands of one cause, or try them again.",
    ),
    "pairs": (
        "closeloop.cli.pairs:pairs",
        "List pairs of records that may be one, the likeliest first, or answer one of them.",
    ),
    "unlink": (
        "closeloop.cli.unlink:unlink",
        "Undo a link between two people. It goes down the road like any message, so a hub that runs does no harm.",
    ),
    "erase": (
        "closeloop.cli.erase:erase",
        "Erase a person: here, in every connected system, and for good. What is erased cannot be brought back.",
    ),
    "match": (
        "closeloop.cli.match:match",
        "Who is who: make, adapt and teach the bundle that decides it.",
    ),
}
"""Command → where its function (or the Typer of its parts) is, and what it says of itself; in help's order."""


class Commands(TyperGroup):
    """Knows its commands by what `COMMANDS` says of them, and loads the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer keeps these types to itself
        if args[0] in COMMANDS:
            self.commands[args[0]] = loaded(args[0])
        return super().resolve_command(ctx, args)


def command_line() -> typer.Typer:
    """The command line, with nothing of its commands loaded; what they share is still to be told by a callback."""
    made = typer.Typer(
        name="closeloop",
        cls=Commands,
        help="The hub between marketing and sales: data, activity, process and measurement on one road.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for name, (_, said) in COMMANDS.items():
        made.command(name, help=said)(_in_its_place)
    return made


def loaded(name: str) -> Any:  # noqa: ANN401 - Typer keeps the type to itself
    """A command of `COMMANDS` as Typer runs it, with its options and its whole help."""
    module, _, function = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), function)
    alone = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return typer.main.get_group(alone).commands[name]


def _in_its_place() -> None:
    """Stands in the list of commands for one that is not loaded."""

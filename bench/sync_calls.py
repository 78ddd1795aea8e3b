"""How many calls a vendor sees for a thousand records that are made or changed, against its own batch size.

Each connector with a simulator makes a thousand people there and changes them all, `batch_size` commands at a time, as
the hub hands them over. What is asked once for each connection (descriptions of fields) is asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from math import ceil
from typing import Any

from bench.figures import Figure

from closeloop.connectors import eloqua, marketo, salesforce
from closeloop.ports import Command, Connector, Outcome, Ref, Value, Verb
from closeloop.words.moment import SystemClock

N = 1_000
_Fields = Callable[[int], Mapping[str, Value]]


def measure_calls() -> list[Figure]:
    """Calls made over calls needed, for each vendor: made and changed by batches, and in bulk where it has that."""
    clock = SystemClock()
    figures = []
    for name, (simulate, connect, *said) in _VENDORS.items():
        for bulk in (False, True):
            with simulate(clock) as simulator, closing(connect(simulator.settings, clock)) as connector:
                if not bulk or connector.bulk_size:
                    figures += _calls(name, connector, *said, bulk=bulk)
    return figures


def _calls(
    name: str, connector: Connector, object_name: str, fields: _Fields, change: _Fields, *, bulk: bool
) -> list[Figure]:
    def made(number: int) -> Command:
        our_key = f"closeloop-{number}"
        return Command(f"make {number}", Verb.CREATE, object_name, our_key=our_key, fields=fields(number))

    def changed(number: int, ref: Ref) -> Command:
        return Command(f"change {number}", Verb.UPDATE, object_name, ref, fields=change(number))

    at_once = connector.bulk_size if bulk else connector.batch_size
    [first] = _push(connector, [made(N)], at_once)
    _push(connector, [changed(N, first)], at_once)
    before = connector.calls
    refs = _push(connector, [made(number) for number in range(N)], at_once)
    between = connector.calls
    _push(connector, [changed(number, ref) for number, ref in enumerate(refs)], at_once)
    least = ceil(N / connector.batch_size)
    return [
        Figure(f"calls, {name}, {what}{', bulk' if bulk else ''}", N, calls, "calls", least, calls / least)
        for what, calls in (("made", between - before), ("changed", connector.calls - between))
    ]


def _push(connector: Connector, commands: list[Command], at_once: int) -> list[Ref]:
    refs = []
    for start in range(0, len(commands), at_once):
        for answer in connector.push(commands[start : start + at_once]):
            if answer.outcome is not Outcome.DONE or answer.ref is None:
                raise SystemExit(f"{connector.system}: {answer.outcome} {answer.reason}")
            refs.append(answer.ref)
    return refs


_VENDORS: dict[str, tuple[Any, Any, str, _Fields, _Fields]] = {
    "salesforce": (
        lambda clock: salesforce.simulate(clock, {}), salesforce.connect, "Lead",
        lambda number: {"LastName": f"Person {number}", "Company": "Acme", "Email": f"person{number}@acme.example"},
        lambda number: {"Title": f"Buyer {number}"},
    ),
    "marketo": (
        marketo.simulate, marketo.connect, "Lead",
        lambda number: {"email": f"person{number}@acme.example", "lastName": f"Person {number}"},
        lambda number: {"title": f"Buyer {number}"},
    ),
    "eloqua": (
        eloqua.simulate, eloqua.connect, "Lead",
        lambda number: {"email": f"person{number}@acme.example", "last_name": f"Person {number}"},
        lambda number: {"title": f"Buyer {number}"},
    ),
}  # fmt: skip

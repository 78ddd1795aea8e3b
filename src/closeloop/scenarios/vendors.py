"""Simulated vendors set up for a process: its sellers are users, the lists and programmes of its nurture are there."""

from __future__ import annotations

from collections.abc import Iterator

from closeloop.connectors import eloqua, marketo, salesforce
from closeloop.connectors.eloqua.simulator import EloquaSimulator
from closeloop.connectors.marketo.programmes import PREFIX
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator as SalesforceSimulator
from closeloop.ports import Clock
from closeloop.process.nouns import Process


def salesforce_for(process: Process, clock: Clock, port: int = 0) -> SalesforceSimulator:
    """A Salesforce whose users are the team. Raises OSError when the port is taken; so do the others."""
    return salesforce.simulate(clock, {member.user: member.name for member in process.people}, port=port)


def marketo_for(process: Process, clock: Clock, port: int = 0) -> MarketoSimulator:
    """A Marketo with what people are to join there."""
    made = marketo.simulate(clock, port=port)
    for name in _joined(process, "marketo"):
        if name.startswith(PREFIX):
            made.create_programme(name.removeprefix(PREFIX))
        else:
            made.create_list(name)
    return made


def eloqua_for(process: Process, clock: Clock, port: int = 0) -> EloquaSimulator:
    """An Eloqua with what people are to join there."""
    made = eloqua.simulate(clock, port=port)
    for name in _joined(process, "eloqua"):
        made.create_list(name)
    return made


def _joined(process: Process, kind: str) -> Iterator[str]:
    """The `join` of each programme in systems of a kind."""
    return (each.join for each in process.programmes.values() if process.sources[each.system].kind == kind)

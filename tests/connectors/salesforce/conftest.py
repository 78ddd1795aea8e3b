"""A running simulated Salesforce with two sellers, and the hub's connector to it, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from closeloop.connectors.salesforce import connect, simulate
from closeloop.words.moment import ManualClock

SATO, MORI = "0055g00000SATO1AAA"[:15], "0055g00000MORI1"


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def salesforce(clock):
    with simulate(clock, {SATO: "Sato", MORI: "Mori"}) as simulator:
        simulator.deletions.kept = timedelta(days=15)
        simulator.settings = {**simulator.settings, "deletions_kept_days": "15"}
        yield simulator


@pytest.fixture
def sato(salesforce):
    return salesforce.users["Sato"]


@pytest.fixture
def mori(salesforce):
    return salesforce.users["Mori"]


@pytest.fixture
def connector(salesforce, clock):
    connector = connect({**salesforce.settings, "bulk_poll_seconds": "0.01"}, clock)
    yield connector
    connector.close()


@pytest.fixture
def joe(salesforce, sato):
    """Joe of Acme, a lead of Sato's."""
    return salesforce.create_lead(
        sato, FirstName="Joe", LastName="Smith", Company="Acme", Email="joe@acme.example", Country="DE"
    )

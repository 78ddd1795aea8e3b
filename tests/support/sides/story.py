"""A small story over a change of the clocks, told to a hub; prints what the hub made of it, as lines of JSON.

python -m support.sides.story DATABASE_URL
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from closeloop.connectors import salesforce
from closeloop.words.moment import ManualClock, parse
from support.road import INTERESTED
from support.sides.world import SalesforceSide, Sides, Skewed, salesforce_sides

BEGINS = parse("2026-10-23T08:00:00Z")
"""A Friday; the clocks of Berlin go back on the Sunday."""
CLOSES_ON = "2026-10-25"
_LEDGER = {
    "leads": "SELECT stage, status, owner, product, created_at, respond_by, responded_at FROM leads",
    "lead_events": "SELECT kind, at, stage, owner, choice FROM lead_events",
    "touches": "SELECT kind, at, product, campaign FROM touches",
    "winners": "SELECT field, value, path, at FROM winners WHERE field NOT IN ('account', 'person', 'opportunity')",
    "sums": "SELECT line, product, n, points, at FROM sums",
    "commands": "SELECT source, verb, object, state FROM commands",
}


def tell(sides: Sides) -> None:
    """Joe becomes a lead on Friday, is called on Monday and buys; five others come in at one moment, one late."""
    crm = sides.crm
    assert isinstance(crm, SalesforceSide)
    vendor, clock = crm.vendor, sides.road.clock
    sides.road.act("form.submitted", "f1", email="joe@acme.example", campaign="fair", **INTERESTED)
    sides.road.act("webinar.attended", "w1", email="joe@acme.example", product="robot")
    sides.settle()
    for n in range(5):  # five with one stamp
        crm.contact(f"Ann {'abcde'[n]}lang", f"ann{n}@globex{n}.example")
    sides.settle()
    clock.advance(timedelta(minutes=2))
    crm.contact("Bob Newest", "bob@newest.example")
    sides.settle()
    right = vendor.faults.clock
    vendor.faults.clock = Skewed(right, timedelta(seconds=-60))  # shown now, stamped before what was read last
    crm.contact("Tim Late", "tim@late.example")
    vendor.faults.clock = right
    sides.settle()
    for n in range(4):
        eve = sides.ma.create_lead(email=f"eve{n}@initech{n}.example", lastName="Eve")
        sides.ma.visit_page(eve, "https://ours.example/robot/pricing")
    sides.cycle()
    clock.set(parse("2026-10-24T23:59:30Z"))  # over the change
    sides.settle()
    clock.set(parse("2026-10-26T08:30:00Z"))
    sides.settle()
    [lead] = vendor.records("Lead")
    vendor.log_call(str(lead["Id"]), str(lead["OwnerId"]), "Connected")
    vendor.set_status(str(lead["Id"]), "Qualified")
    sides.settle()
    _, _, deal = vendor.convert_lead(str(lead["Id"]), {"Name": "Robots", "CloseDate": CLOSES_ON})
    sides.cycle()
    if deal is not None:
        vendor.set_stage(deal, "Proposal")
    sides.cycle()
    clock.advance(timedelta(days=3))
    sides.settle()


def ledger(sides: Sides) -> dict[str, list[str]]:
    """What the tables hold, without ids that are drawn by chance."""
    return {name: sorted(json.dumps(row, default=str) for row in sides.road.rows(say)) for name, say in _LEDGER.items()}


@contextmanager
def story_on(url: str, look_back_seconds: str = "120") -> Iterator[Sides]:
    """A hub on this database, before the story."""
    with salesforce_sides(url, clock=ManualClock(BEGINS)) as sides:
        crm = sides.crm
        assert isinstance(crm, SalesforceSide)
        crm.connector.close()
        settings = {**crm.vendor.settings, "look_back_seconds": look_back_seconds}
        crm.connector = sides.ends["crm"] = salesforce.connect(settings, sides.road.clock)
        yield sides


def main(url: str) -> None:
    """Tell the story to a hub on this database, and print its ledger."""
    with story_on(url) as sides:
        tell(sides)
        print(json.dumps({**ledger(sides), "stuck": sides.stuck()}))


if __name__ == "__main__":
    main(sys.argv[1])

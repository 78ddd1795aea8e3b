"""A busy history of some weeks: visitors, forms, merges, sellers at work, lost answers, clocks that run out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from closeloop.connectors import marketo, salesforce, smtp
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator as Salesforce
from closeloop.connectors.smtp.mailbox import Mailbox
from closeloop.crew import pump
from closeloop.inbox.nouns import Click
from closeloop.ports import Connector, Value
from support.road import INTERESTED, Road, b2b, identify

COMPANIES = ("Acme Corp", "Globex GmbH", "Initech")
NAMES = (
    "Mia Berger", "Paul Lang", "Eva Kern", "Tim Vogt", "Lea Sommer", "Jan Richter", "Nina Falk", "Ole Brandt",
    "Ida Wolf", "Max Stein", "Ute Krug", "Kai Hahn",
)  # fmt: skip
COUNTRIES = ("DE", "NO", "AT", "SE")


@dataclass(frozen=True)
class Vendors:
    """The three simulated systems, and the hub's connectors to them."""

    crm: Salesforce
    ma: MarketoSimulator
    mail: Mailbox
    ends: Mapping[str, Connector]


@contextmanager
def vendors(road: Road) -> Iterator[Vendors]:
    """Simulated Salesforce, Marketo and mail, on the road's clock."""
    clock = road.clock
    with ExitStack() as running:
        crm = running.enter_context(salesforce.simulate(clock, {member.user: member.name for member in b2b().people}))
        ma = running.enter_context(marketo.simulate(clock))
        mail = running.enter_context(smtp.simulate(clock))
        ma.create_list("reheat_b2b")
        ends: dict[str, Connector] = {
            "crm": salesforce.connect(crm.settings, clock),
            "ma": marketo.connect(ma.settings, clock),
            "mail": smtp.connect(mail.settings, clock),
        }
        for end in ends.values():
            running.callback(end.close)
        yield Vendors(crm, ma, mail, ends)


def play(road: Road, systems: Vendors, n_people: int = 12) -> None:
    """Live through the history; what comes of it differs from person to person."""
    for n in range(n_people):
        _arrive(road, n)
    systems.crm.faults.lose_answers(1)
    systems.ma.faults.lose_answers(1)
    _rest(road, systems, timedelta(minutes=10))
    _work(road, systems)
    for days in (1, 4, 12, 40):
        _rest(road, systems, timedelta(days=days))
        for n in range(0, n_people, 3):
            road.act("page.viewed", f"again-{days}-{n}", visitor=f"browser-{n}", url="/robot/pricing")
    _rest(road, systems, timedelta(hours=1))


def _arrive(road: Road, n: int) -> None:
    """Somebody looks around, then says who they are: with every third, on a browser that another one used before."""
    email = f"person{n}@company{n % 3}.example"
    said = {**INTERESTED, "name": NAMES[n], "company": COMPANIES[n % 3], "country": COUNTRIES[n % 4]}
    browser = f"browser-{n - 1 if n % 3 == 2 else n}"
    road.act("page.viewed", f"look-{n}", visitor=browser, url="/robot/pricing")
    road.act("form.submitted", f"form-{n}", email=email, visitor=browser, tel=f"+49 30 {n + 11}12345{n + 22}", **said)
    if n % 2 == 0:
        road.act("webinar.attended", f"webinar-{n}", email=email.upper(), campaign="spring-webinar", product="robot")
    if n % 4 == 1:
        # Signed in without an address first: who that was is known later, and two become one.
        road.send({"type": "page", "messageId": f"in-{n}", "userId": f"user-{n}", "properties": {"url": "/robot/demo"}})
        road.decide()
        road.send({**identify(f"is-{n}", road.clock.now(), email, browser), "userId": f"user-{n}"})
    if n % 5 == 0:
        road.send(identify(f"who-{n}", road.clock.now(), email, f"phone-{n}", title="Plant manager"))
        road.act("page.viewed", f"phone-{n}", visitor=f"phone-{n}", url="/sensor/demo")


def _work(road: Road, systems: Vendors) -> None:
    """Sellers qualify, do not get through, convert, win and send back; marketing's records change and merge."""
    crm, ma = systems.crm, systems.ma
    leads = crm.records("Lead")
    assert len(leads) >= 4, "the history needs leads to work on"
    for lead in leads[:3]:
        crm.set_status(str(lead["Id"]), "Qualified")
    crm.log_call(str(leads[3]["Id"]), str(leads[3]["OwnerId"]), "Left voicemail")
    crm.change(str(leads[0]["Id"]), {"Title": "COO", "Phone": "+49 30 999999"})
    _rest(road, systems, timedelta(hours=1))
    seller = next(member.user for member in b2b().people if member.name == "rep-field-robot")
    deal: dict[str, Value] = {
        "Name": "Acme robot",
        "Amount": 48000,
        "CurrencyIsoCode": "EUR",
        "StageName": "Prospecting",
        "CloseDate": "2026-12-01",
    }
    crm.convert_lead(str(leads[0]["Id"]), deal, owner=seller)
    _rest(road, systems, timedelta(hours=1))
    for opportunity in crm.records("Opportunity"):
        crm.set_stage(str(opportunity["Id"]), "Proposal")
    road.act(
        "form.submitted",
        "form-again",
        email="person0@company0.example",
        visitor="browser-0",
        product="robot",
        campaign="price-mailing",
    )
    _rest(road, systems, timedelta(hours=1))
    for opportunity in crm.records("Opportunity"):
        crm.close(str(opportunity["Id"]), won=True)
    known = ma.leads()
    ma.click_email(int(str(known[0]["id"])), "price-mailing", "https://ours.example/robot/pricing")
    ma.unsubscribe(int(str(known[-1]["id"])))
    _rest(road, systems, timedelta(hours=1))
    lead_id = road.rows(
        "select id from leads where status = 'open' and stage = 'telemarketing' order by id desc limit 1"
    )
    if lead_id:
        road.hub.click(Click("outcome", str(lead_id[0][0]), "wrong_number", "huber"))
    links = road.rows("select id from merges order by id limit 1")
    road.hub.click(Click("unlink", str(links[0][0]), "", "huber"))
    road.hub.click(Click("outcome", "no such lead", "wrong_number", "huber"))
    crm.delete(str(leads[2]["Id"]))


def _rest(road: Road, systems: Vendors, after: timedelta) -> None:
    """Some time later everything comes to rest."""
    road.clock.advance(after)
    pump(road.hub, systems.ends)

"""P18: what sellers do in their CRM is seen on the lead in Marketo, with the campaign that began it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from closeloop.installed import Installed
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.process.nouns import Process
from closeloop.scenarios.cast import Cast
from closeloop.scenarios.clock import StoryClock
from closeloop.scenarios.world import world
from support.road import START, b2b

JOE = {"email": "joe@acme.example", "name": "Joe Miller", "company": "Acme Corp", "country": "DE", "title": "CTO"}


@contextmanager
def story(url: str, process: Process) -> Iterator[Cast]:
    """A hub between a simulated Salesforce and a simulated Marketo."""
    clock = StoryClock(START)
    with Installed(None, None, {}).fresh(url, process, clock) as hub, world(hub, clock) as stage:
        yield Cast(stage, timedelta(0))


def ask(cast: Cast, campaign: str) -> None:
    """Joe asks for the robot."""
    for event in ("form.submitted", "webinar.attended"):
        said = {**JOE, "product": "robot", "campaign": campaign}
        cast.world.send({"type": "track", "event": event, "anonymousId": "browser", "properties": said})
        cast.world.settle()


def lose(cast: Cast) -> str:
    """The lead is qualified, converted into a deal, called about, and lost: who had it at last."""
    crm, settle = cast.world.crm, cast.world.settle
    crm.set_status(str(cast.record("Lead")["Id"]), "Qualified")
    settle()
    owner = cast.user("rep-field-robot")
    deal = {"Name": "Acme robot", "Amount": 48_000.0, "CurrencyIsoCode": "EUR"}
    crm.convert_lead(str(cast.record("Lead")["Id"]), deal, owner=owner)
    settle()
    crm.log_call(str(cast.record("Contact")["Id"]), owner, "")
    settle()
    crm.close(str(cast.record("Opportunity")["Id"]), won=False, reason="no budget")
    settle()
    return "rep-field-robot"


def test_what_sellers_do_reaches_the_lead_in_marketo_with_the_campaign_that_began_it(sqlite_url):
    with story(sqlite_url, b2b()) as cast:
        ask(cast, "spring-webinar")
        begun = cast.world.ma.told(JOE["email"])
        assert (begun["stage"], begun["campaign"]) == ("telemarketing", "spring-webinar")
        assert "outcome" not in begun
        owner = lose(cast)
        assert cast.world.ma.told(JOE["email"]) == {
            "outcome": "lost",
            "stage": "field",
            "owner": owner,
            "reason": "lost_deal",
            "amount": "48000.00 EUR",
            "responded_at": START.isoformat(),
            "campaign": "spring-webinar",
            "product": "robot",
            "region": "dach",
        }
        for _ in range(8):
            cast.world.until(cast.world.clock.now() + timedelta(days=5))
        ask(cast, "autumn-fair")
        again = cast.world.ma.told(JOE["email"])
        assert (again["stage"], again["campaign"]) == ("telemarketing", "autumn-fair")
        assert again["owner"] != owner
        assert "reason" not in again, "a new cycle has no reason to be back"


def test_control_a_process_without_feedback_tells_marketing_nothing(sqlite_url):
    with story(sqlite_url, replace(b2b(), feedback=None)) as cast:
        ask(cast, "spring-webinar")
        lose(cast)
        assert cast.world.ma.lead_by_email(JOE["email"]) is not None
        assert cast.world.ma.told(JOE["email"]) == {}


@pytest.mark.parametrize("by", ["id", "email"])
def test_what_is_told_as_blank_is_blanked(marketo, connector, by):
    joe = marketo.create_lead(email=JOE["email"])
    ref = Ref("Lead", str(joe)) if by == "id" else None
    who = {} if by == "id" else {"email": JOE["email"]}
    told = {
        "outcome": "lost",
        "stage": "field",
        "owner": "sato",
        "reason": "lost_deal",
        "amount": "48000.00 EUR",
        "responded_at": "2026-09-01T07:00:00+00:00",
        "campaign": "spring-webinar",
    }
    connector.push([Command("1", Verb.TELL, "Lead", ref, fields={**told, **who})])
    assert marketo.told(JOE["email"]) == told
    blank = {**dict.fromkeys(told), "stage": "telemarketing", **who}
    [answer] = connector.push([Command("2", Verb.TELL, "Lead", ref, fields=blank)])
    assert answer.outcome is Outcome.DONE
    assert marketo.told(JOE["email"]) == {"stage": "telemarketing"}


def test_a_field_that_the_instance_lacks_is_named_with_what_to_do(marketo, connector):
    joe = Ref("Lead", str(marketo.create_lead(email=JOE["email"])))
    [answer] = connector.push([Command("1", Verb.TELL, "Lead", joe, fields={"weather": "fine"})])
    assert answer.outcome is Outcome.PERMANENT
    assert "salesWeather = 'fine'" in answer.reason
    assert "make it anew there with this REST name" in answer.reason

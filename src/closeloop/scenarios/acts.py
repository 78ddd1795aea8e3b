"""What people do in a story: on the web through the hub's own door, in their CRM through the simulated vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from closeloop.ports import Value
from closeloop.process.document import Plain
from closeloop.scenarios.cast import Cast
from closeloop.scenarios.nouns import Said
from closeloop.words.duration import parse_duration
from closeloop.words.errors import BadInput
from closeloop.words.money import parse_money

_SITE = "https://www.ours.example"


def nothing(_cast: Cast, _said: Said) -> None:
    """Time passes."""


def submit_form(cast: Cast, said: Said) -> None:
    """A web form; `score: enough` has its sender look around and attend a webinar before."""
    _follow(cast, said)
    if said.get("score") == "enough":
        for path in ("pricing", "demo"):
            view_page(cast, {"page": f"/{cast.product}/{path}", "visitor": cast.browser})
            cast.world.settle()
        attend_webinar(cast, {})
        cast.world.settle()
    known = {"name": cast.name, "company": cast.company}
    names = ("email", "name", "company", "tel", "country", "title", "campaign")
    filled = {name: value for name in names if (value := said.get(name, known.get(name))) is not None}
    _track(cast, "form.submitted", {"email": cast.email, **filled, "product": cast.product})


def attend_webinar(cast: Cast, said: Said) -> None:
    """The webinar's platform reports somebody by their address."""
    _follow(cast, said)
    campaign = {"campaign": said["campaign"]} if "campaign" in said else {}
    _track(cast, "webinar.attended", {"email": cast.email, "product": cast.product, **campaign})


def view_page(cast: Cast, said: Said) -> None:
    """A browser loads a page; it says nothing about who sits there."""
    path, visitor = _text(said, "page"), str(said.get("visitor") or cast.browser)
    cast.world.send({"type": "page", "anonymousId": visitor, "properties": {"url": f"{_SITE}{path}", "path": path}})


def set_lead_status(cast: Cast, said: Said) -> None:
    """The owner of the CRM's lead sets its status."""
    cast.world.crm.set_status(str(cast.record("Lead")["Id"]), _text(said, "value"))


def convert_lead(cast: Cast, said: Said) -> None:
    """A seller converts the CRM's lead into contact, account and deal."""
    amount = parse_money(_text(said, "opportunity"))
    deal: dict[str, Value] = {
        "Name": f"{cast.company} {cast.product}",
        "Amount": amount.minor / 100,
        "CurrencyIsoCode": amount.currency,
    }
    owner = str(said["owner"]) if "owner" in said else cast.lead().owner
    cast.world.crm.convert_lead(str(cast.record("Lead")["Id"]), deal, owner=cast.user(owner))


def log_call(cast: Cast, said: Said) -> None:
    """A seller notes a call, with its result if there is one."""
    person = cast.record("Contact", "Lead")
    by = cast.user(str(said["by"]) if "by" in said else cast.lead().owner)
    cast.world.crm.log_call(str(person["Id"]), by, str(said.get("value") or ""))


def set_deal_stage(cast: Cast, said: Said) -> None:
    """The deal moves to a stage."""
    cast.world.crm.set_stage(str(cast.record("Opportunity")["Id"]), _text(said, "value"))


def win_deal(cast: Cast, _said: Said) -> None:
    """The deal is won."""
    cast.world.crm.close(str(cast.record("Opportunity")["Id"]), won=True)


def lose_deal(cast: Cast, said: Said) -> None:
    """The deal is lost, with the seller's reason."""
    cast.world.crm.close(str(cast.record("Opportunity")["Id"]), won=False, reason=_text(said, "reason"))


ACTS: Mapping[str, Callable[[Cast, Said], None]] = {
    "nothing": nothing,
    "form.submitted": submit_form,
    "webinar.attended": attend_webinar,
    "page.viewed": view_page,
    "crm.lead_status": set_lead_status,
    "crm.lead_converted": convert_lead,
    "crm.call_logged": log_call,
    "crm.call_disposition": log_call,
    "crm.opportunity_stage": set_deal_stage,
    "crm.opportunity_won": win_deal,
    "crm.opportunity_lost": lose_deal,
}
"""Name in the file → what is done."""


def wait(cast: Cast, after: str) -> None:
    """Let time pass: "4h", or "8h working" by the calendar of the story's region.

    Raises:
        BadInput: not a duration.
    """
    length, _, kind = after.partition(" ")
    now, by = cast.world.clock.now(), parse_duration(length)
    if kind not in ("", "working"):
        raise BadInput(f"after: {after!r} is no duration; valid are 4h and 8h working")
    cast.world.until(cast.calendar().add_working(now, by) if kind else now + by)


def _follow(cast: Cast, said: Said) -> None:
    """From here on the story speaks of this address and this product."""
    if not said.get("same_person"):
        cast.email = str(said.get("email") or cast.email)
        cast.name = str(said.get("name") or cast.name)
        cast.company = str(said.get("company") or cast.company)
        cast.browser = str(said.get("visitor") or cast.browser or f"browser-{cast.world.next_number()}")
    cast.product = str(said.get("product") or cast.product)


def _track(cast: Cast, event: str, properties: Mapping[str, Plain]) -> None:
    cast.world.send({"type": "track", "event": event, "anonymousId": cast.browser, "properties": properties})


def _text(said: Said, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{name}: is missing")
    return value

"""The pages: each reads what it shows in one transaction; a click is sent down the road and its verdict shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from closeloop.inbox.nouns import Click
from closeloop.measure.attention import attention
from closeloop.measure.health import health
from closeloop.measure.people import people
from closeloop.measure.person_nouns import PersonStory
from closeloop.measure.queue import Queued, Wanted, leads_of, queue, queued
from closeloop.measure.stored import in_words
from closeloop.measure.timeline import LANES, timeline
from closeloop.measure.why_lead import lead_story
from closeloop.measure.why_person import person_story
from closeloop.web.console import said
from closeloop.web.console.window import Verdict, Window

TEMPLATES = Path(__file__).parent / "templates"
STATUSES = ("working", "open", "nurturing", "sent_back", "won", "")
_BY = "console"


class Pages:
    """The console's pages over one window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            moment=said.moment, day=said.day, until=said.until, span=said.span, since=said.since, words=said.words,
            number=said.number, short=said.short, plain=in_words,
        )  # fmt: skip

    def today(self, _request: Request) -> Response:
        """What needs somebody now."""
        with self._window.database.read() as connection:
            found = attention(connection, self._window.now())
        return self._page("today.html", attention=found)

    def people(self, request: Request) -> Response:
        """People by a part of their name, address or company."""
        part = request.query_params.get("find", "")
        with self._window.database.read() as connection:
            found = people(connection, part)
        return self._page("people.html", people=found, part=part)

    def person(self, request: Request) -> Response:
        """One person with everything known and why."""
        person_id = request.path_params["id"]
        with self._window.database.read() as connection:
            story = person_story(connection, self._window.process, person_id, self._window.now())
            if story is None:
                return self._missing("person", person_id)
            leads, happened = leads_of(connection, person_id), timeline(connection, person_id)
        return self._page("person.html", person=story, leads=leads, happened=happened, lanes=LANES)

    def leads(self, request: Request) -> Response:
        """The queue of leads."""
        asked = request.query_params
        wanted = Wanted(
            stage=asked.get("stage", ""),
            owner=asked.get("owner", ""),
            region=asked.get("region", ""),
            product=asked.get("product", ""),
            status=asked.get("status", "working"),
        )
        with self._window.database.read() as connection:
            found, n_all = queue(connection, wanted)
        process = self._window.process
        choices = {
            "stage": [stage.name for stage in process.stages.values() if not stage.final],
            "owner": sorted(member.name for member in process.people),
            "region": list(process.regions),
            "product": list(process.products),
        }
        return self._page("leads.html", leads=found, n_all=n_all, wanted=wanted, choices=choices, statuses=STATUSES)

    def lead(self, request: Request) -> Response:
        """One lead: packet as sent, events, commands."""
        lead_id = request.path_params["id"]
        with self._window.database.read() as connection:
            story = lead_story(connection, lead_id)
        return self._page("lead.html", lead=story) if story else self._missing("lead", lead_id)

    def health(self, _request: Request) -> Response:
        """How the ends and the road stand."""
        with self._window.database.read() as connection:
            found = health(connection)
        return self._page("health.html", health=found)

    async def outcome(self, request: Request) -> Response:
        """A click on an outcome of a lead: answers with the row as it is then, and what came of it."""
        lead_id, choice = request.path_params["id"], await _choice(request)
        verdict = await run_in_threadpool(self._window.send, Click("outcome", lead_id, choice, _BY))
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/leads/{lead_id}", 303)
        return await run_in_threadpool(self._row, lead_id, choice, verdict)

    async def undo(self, request: Request) -> Response:
        """A click on undo of a link: the person's page is shown anew, with what came of it."""
        link_id, person_id = request.path_params["id"], await _choice(request)
        verdict = await run_in_threadpool(self._window.send, Click("unlink", link_id, "", _BY))
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/people/{person_id}", 303)
        return await run_in_threadpool(self._links, person_id, link_id, verdict)

    def _row(self, lead_id: str, choice: str, verdict: Verdict) -> Response:
        with self._window.database.read() as connection:
            lead = queued(connection, lead_id)
        if lead is None:
            return self._missing("lead", lead_id)
        return self._page("lead_row.html", lead=lead, message=_came_of(choice, lead, verdict), verdict=verdict)

    def _links(self, person_id: str, link_id: str, verdict: Verdict) -> Response:
        with self._window.database.read() as connection:
            story = person_story(connection, self._window.process, person_id, self._window.now())
        if story is None:
            return self._missing("person", person_id)
        return self._page("links.html", person=story, message=_undone(link_id, story, verdict), verdict=verdict)

    def _missing(self, kind: str, name: str) -> Response:
        return self._page("missing.html", status=404, kind=kind, name=name)

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        values |= {"now": self._window.now(), "process": self._window.process}
        return HTMLResponse(self._templates.get_template(template).render(values), status)


async def _choice(request: Request) -> str:
    fields = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=20)
    return fields.get("choice", [""])[0]


def _came_of(choice: str, lead: Queued, verdict: Verdict) -> str:
    name = said.words(choice).capitalize()
    if verdict.state != "decided":
        return _not_decided(name, verdict)
    if lead.status == "sent_back":
        return f"{name}: back to marketing, {said.words(lead.reason)}."
    if lead.status == "won":
        return f"{name}: won{f', {lead.amount}' if lead.amount else ''}."
    if lead.status == "nurturing":
        return f"{name}: in nurture, then {lead.owner or 'sales'} is asked again."
    return f"{name}: now in {said.words(lead.stage)} with {lead.owner or 'nobody yet'}."


def _undone(link_id: str, person: PersonStory, verdict: Verdict) -> str:
    if verdict.state != "decided":
        return _not_decided("Undo", verdict)
    link = next((link for link in person.links if link.id == link_id), None)
    return f"Undone: {said.short(link.loser_id)} is a person of its own again." if link else "Undone."


def _not_decided(name: str, verdict: Verdict) -> str:
    match verdict.state:
        case "waiting":
            return f"{name}: taken, and not decided yet. Reload in a moment."
        case "failed":
            return f"{name}: it waits with an error: {verdict.reason}"
        case _:
            return f"{name}: not done. {verdict.reason}"

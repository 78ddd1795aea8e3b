"""The pages: each reads what it shows in one transaction; a click is sent down the road and its verdict shown."""

from __future__ import annotations

from asyncio import gather

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from closeloop.inbox.nouns import Click
from closeloop.measure.attention import attention
from closeloop.measure.health import health
from closeloop.measure.people import called_each, people
from closeloop.measure.queue import Wanted, leads_of, queue, queued
from closeloop.measure.rejects import dead_like
from closeloop.measure.relations import names_in
from closeloop.measure.timeline import LANES, timeline
from closeloop.measure.why_lead import lead_story
from closeloop.measure.why_person import person_story
from closeloop.process.places import lines_of
from closeloop.web.console import came_of
from closeloop.web.console.render import BY, Templates, fields_of
from closeloop.web.console.window import Verdict, Window

STATUSES = ("working", "open", "nurturing", "sent_back", "won", "")
AT_ONCE = 100
"""Commands that one click on "Try again" sends again."""


class Pages:
    """The console's pages over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page, self._missing = window, templates.page, templates.missing

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
            names = names_in(connection, self._window.process, story.fields)
            others = called_each(connection, {root for pair in story.questions for root in pair.roots})
        return self._page(
            "person.html", person=story, names=names, others=others, leads=leads, happened=happened, lanes=LANES
        )

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
            found = health(connection, self._window.now())
        return self._page("health.html", health=found)

    def process(self, _request: Request) -> Response:
        """The process file in force, line by line, for links to what decides."""
        return self._page("process.html", lines=lines_of(self._window.process))

    async def outcome(self, request: Request) -> Response:
        """A click on an outcome of a lead: answers with the row as it is then, and what came of it."""
        lead_id, choice = request.path_params["id"], (await fields_of(request)).get("choice", "")
        verdict = await run_in_threadpool(self._window.send, Click("outcome", lead_id, choice, BY))
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/leads/{lead_id}", 303)
        return await run_in_threadpool(self._row, lead_id, choice, verdict)

    async def undo(self, request: Request) -> Response:
        """A click on undo of a link: the person's page is shown anew, with what came of it."""
        link_id, person_id = request.path_params["id"], (await fields_of(request)).get("choice", "")
        verdict = await run_in_threadpool(self._window.send, Click("unlink", link_id, "", BY))
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/people/{person_id}", 303)
        return await run_in_threadpool(self._links, person_id, link_id, verdict)

    async def retry(self, request: Request) -> Response:
        """A click on "Try again": what died for the same cause as this command is sent again, as much as goes at once.

        Each command is a click of its own on the road, so that each has its verdict; they are sent side by side.
        """
        key = (await fields_of(request)).get("choice", "")
        keys = await run_in_threadpool(self._dead_like, key)
        clicks = [Click("retry", each, "", BY) for each in keys[:AT_ONCE]]
        verdicts = await gather(*(run_in_threadpool(self._window.send, click) for click in clicks))
        if "hx-request" not in request.headers:
            return RedirectResponse("/", 303)
        left = keys[AT_ONCE] if len(keys) > AT_ONCE else None
        message, state = came_of.retried(verdicts, is_all=left is None)
        if state != "decided":
            left = key
        return self._page("retry.html", message=message, state=state, example=left)

    def _dead_like(self, key: str) -> tuple[str, ...]:
        with self._window.database.read() as connection:
            return dead_like(connection, key, AT_ONCE + 1)

    def _row(self, lead_id: str, choice: str, verdict: Verdict) -> Response:
        with self._window.database.read() as connection:
            lead = queued(connection, lead_id)
        if lead is None:
            return self._missing("lead", lead_id)
        return self._page("lead_row.html", lead=lead, message=came_of.outcome(choice, lead, verdict), verdict=verdict)

    def _links(self, person_id: str, link_id: str, verdict: Verdict) -> Response:
        with self._window.database.read() as connection:
            story = person_story(connection, self._window.process, person_id, self._window.now())
        if story is None:
            return self._missing("person", person_id)
        link = next((link for link in story.links if link.id == link_id), None)
        return self._page("links.html", person=story, message=came_of.undone(link, verdict), verdict=verdict)

"""The pages of plans: what would be sent, line by line, the click that approves it, and what came of it."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from closeloop.measure.plans import came_of, content_of, kinds_of, lines_like, listed_plan, plans
from closeloop.outbox.linked import HOLDS
from closeloop.outbox.plans import Plan, over
from closeloop.web.console.render import BY, Templates, page_no
from closeloop.web.console.window import Window

A_PAGE = 50
"""Lines on one page."""


class Plans:
    """The pages over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page, self._missing = window, templates.page, templates.missing
        self._kept: Plan | None = None

    def newest(self, request: Request) -> Response:
        """The newest plan, and the older ones."""
        return self._shown(request, "")

    def one(self, request: Request) -> Response:
        """One plan."""
        return self._shown(request, request.path_params["id"])

    async def make(self, _request: Request) -> Response:
        """A click on making one: the page says how far it is."""
        await run_in_threadpool(self._window.plans.make)
        return RedirectResponse("/plans", 303)

    async def approve(self, request: Request) -> Response:
        """A click on approve: answers with how the plan stands then, and what came of the click."""
        plan_id = request.path_params["id"]
        why_not = await run_in_threadpool(self._approve, plan_id)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/plans/{plan_id}", 303)
        return await run_in_threadpool(self._stands, plan_id, why_not)

    def _approve(self, plan_id: str) -> str:
        with self._window.database.read() as connection:
            plan = self._plan(connection, plan_id)
        return "there is no such plan" if plan is None else self._window.plans.approve(plan, BY)

    def _stands(self, plan_id: str, why_not: str) -> Response:
        with self._window.database.read() as connection:
            listed, plan = listed_plan(connection, plan_id), self._plan(connection, plan_id)
            if listed is None or plan is None:
                return self._missing("plan", plan_id)
            came = came_of(connection, plan)
        message = f"Not approved: {why_not}." if why_not else "Approved: it is being sent."
        return self._page(
            "plan_stands.html", listed=listed, plan=plan, came=came, passed=self._passed(plan),
            message=message.replace("..", "."), state="set_aside" if why_not else "decided",
        )  # fmt: skip

    def _shown(self, request: Request, plan_id: str) -> Response:
        asked = request.query_params
        wanted = {name: asked.get(name, "") for name in ("source", "kind", "find")}
        no = page_no(asked.get("page", ""))
        with self._window.database.read() as connection:
            all_plans = plans(connection)
            newest = all_plans[0] if all_plans else None
            listed = listed_plan(connection, plan_id) if plan_id else newest
            plan = self._plan(connection, listed.id) if listed else None
            came = came_of(connection, plan) if plan else ()
        if plan_id and plan is None:
            return self._missing("plan", plan_id)
        lines = lines_like(plan, **wanted) if plan else ()
        desk = self._window.plans
        return self._page(
            "plans.html", listed=listed, plan=plan, came=came, passed=self._passed(plan), others=all_plans,
            lines=lines[(no - 1) * A_PAGE : no * A_PAGE], n=len(lines), no=no, n_pages=max(1, -(-len(lines) // A_PAGE)),
            wanted=wanted, kinds=kinds_of(plan) if plan else (), making=desk.making(), sources=desk.sources,
            message="", state="", holds=HOLDS, most_linked=A_PAGE,
        )  # fmt: skip

    def _passed(self, plan: Plan | None) -> list[str]:
        return over(plan, self._window.process.ceilings) if plan else []

    def _plan(self, connection: Connection, plan_id: str) -> Plan | None:
        """The plan, kept since it may have a hundred thousand lines and never changes."""
        kept = self._kept
        if kept is None or kept.id != plan_id:
            kept = content_of(connection, plan_id)
            self._kept = kept or self._kept
        return kept

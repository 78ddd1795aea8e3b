"""The console's addresses, every one behind the guard."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from closeloop.web.console.audits import FOLDER, Audits
from closeloop.web.console.conflicts import Conflicts
from closeloop.web.console.connections import Connections
from closeloop.web.console.guard import Guard
from closeloop.web.console.merge_log import MergeLog
from closeloop.web.console.pages import Pages
from closeloop.web.console.plans_page import Plans
from closeloop.web.console.records import Records
from closeloop.web.console.rejects_page import RejectBox
from closeloop.web.console.render import Templates
from closeloop.web.console.review import Review
from closeloop.web.console.window import Window

STATIC = Path(__file__).parent / "static"


def console(window: Window, reports: Path = FOLDER) -> list[Route | Mount]:
    """All pages over `window`, for an application that listens on loopback.

    `/` `/people` `/people/{id}` `/leads` `/leads/{id}` `/review` `/merges` `/audit` `/health` `/connections` `/plans`
    `/plans/{id}` `/conflicts` `/records/{source}/{object}/{id}` `/rejects` `/rejects/row` `/rejects/csv`
    `/process` are read;
    `/leads/{id}/outcome`, `/links/{id}/undo`, `/review/{id}/answer`, `/review/{id}/undo`, `/merges/{id}/undo`,
    `/commands/retry`, `/rejects/retry`, `/rejects/retry-all`, `/plans` and `/plans/{id}/approve` take clicks;
    `/audit/reports/{name}` is a report for a frame, `/audit/groups/{name}` its CSV; `/static` holds style,
    scripts and icon.

    Args:
        reports: the folder in which `closeloop audit` writes.
    """
    templates, guarded = Templates(window), [Middleware(Guard)]
    pages, review, log = Pages(window, templates), Review(window, templates), MergeLog(window, templates)
    audits = Audits(templates, reports)
    plans, box = Plans(window, templates), RejectBox(window, templates)
    return [
        Route("/", pages.today, middleware=guarded),
        Route("/people", pages.people, middleware=guarded),
        Route("/people/{id}", pages.person, middleware=guarded),
        Route("/leads", pages.leads, middleware=guarded),
        Route("/leads/{id}", pages.lead, middleware=guarded),
        Route("/leads/{id}/outcome", pages.outcome, methods=["POST"], middleware=guarded),
        Route("/links/{id}/undo", pages.undo, methods=["POST"], middleware=guarded),
        Route("/commands/retry", pages.retry, methods=["POST"], middleware=guarded),
        Route("/review", review.queue, middleware=guarded),
        Route("/review/{id}/answer", review.answer, methods=["POST"], middleware=guarded),
        Route("/review/{id}/undo", review.undo, methods=["POST"], middleware=guarded),
        Route("/merges", log.page, middleware=guarded),
        Route("/merges/{id}/undo", log.undo, methods=["POST"], middleware=guarded),
        Route("/audit", audits.page, middleware=guarded),
        Route("/audit/reports/{name}", audits.report, middleware=guarded),
        Route("/audit/groups/{name}", audits.groups, middleware=guarded),
        Route("/health", pages.health, middleware=guarded),
        Route("/process", pages.process, middleware=guarded),
        Route("/connections", Connections(window, templates).page, middleware=guarded),
        Route("/plans", plans.newest, methods=["GET"], middleware=guarded),
        Route("/plans", plans.make, methods=["POST"], middleware=guarded),
        Route("/plans/{id}", plans.one, middleware=guarded),
        Route("/plans/{id}/approve", plans.approve, methods=["POST"], middleware=guarded),
        Route("/conflicts", Conflicts(window, templates).page, middleware=guarded),
        Route("/records/{source}/{object}/{id:path}", Records(window, templates).page, middleware=guarded),
        Route("/rejects", box.page, middleware=guarded),
        Route("/rejects/csv", box.csv, middleware=guarded),
        Route("/rejects/row", box.row, middleware=guarded),
        Route("/rejects/retry-all", box.retry_all, methods=["POST"], middleware=guarded),
        Route("/rejects/retry", box.retry, methods=["POST"], middleware=guarded),
        Mount("/static", StaticFiles(directory=STATIC), middleware=guarded),
    ]

"""The console's addresses, every one behind the guard."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from closeloop.web.console.guard import Guard
from closeloop.web.console.pages import Pages
from closeloop.web.console.window import Window

STATIC = Path(__file__).parent / "static"


def console(window: Window) -> list[Route | Mount]:
    """All pages over `window`, for an application that listens on loopback.

    `/` `/people` `/people/{id}` `/leads` `/leads/{id}` `/health` are read; `/leads/{id}/outcome`,
    `/links/{id}/undo` and `/commands/retry` take clicks; `/static` holds style, scripts and icon.
    """
    pages, guarded = Pages(window), [Middleware(Guard)]
    return [
        Route("/", pages.today, middleware=guarded),
        Route("/people", pages.people, middleware=guarded),
        Route("/people/{id}", pages.person, middleware=guarded),
        Route("/leads", pages.leads, middleware=guarded),
        Route("/leads/{id}", pages.lead, middleware=guarded),
        Route("/leads/{id}/outcome", pages.outcome, methods=["POST"], middleware=guarded),
        Route("/links/{id}/undo", pages.undo, methods=["POST"], middleware=guarded),
        Route("/commands/retry", pages.retry, methods=["POST"], middleware=guarded),
        Route("/health", pages.health, middleware=guarded),
        Mount("/static", StaticFiles(directory=STATIC), middleware=guarded),
    ]

"""Renders the templates, with what every page shows: the moment, and the process in force."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from closeloop.measure.stored import in_words
from closeloop.web.console import said
from closeloop.web.console.window import Window

TEMPLATES = Path(__file__).parent / "templates"
BY = "console"
"""Who clicks: the console has no sign-in."""
_MOST_DIGITS = 9


class Templates:
    """The templates over one window."""

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
            number=said.number, short=said.short, plain=in_words, bits=said.bits, speaks=said.speaks, odds=said.odds,
        )  # fmt: skip

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """A page, or the part of one that a click changes."""
        values |= {"now": self._window.now(), "process": self._window.process}
        return HTMLResponse(self._templates.get_template(template).render(values), status)

    def missing(self, kind: str, name: str) -> Response:
        """What is asked for is not there."""
        return self.page("missing.html", status=404, kind=kind, name=name)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form that a page sent, each once."""
    fields = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=20)
    return {name: values[0] for name, values in fields.items()}


def page_no(asked: str) -> int:
    """The page of a list that an address asks for, from 1 on."""
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else 1

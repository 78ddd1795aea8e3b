"""A plan as one page to read and keep: figures first, then every line; no script, nothing loaded from anywhere."""

from __future__ import annotations

from importlib import resources
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from closeloop.outbox.linked import HOLDS
from closeloop.outbox.plans import Plan
from closeloop.words.verbs import REFUSED

MOST_LINES = 2_000
"""Lines of one kind on the page; all of them stand in the file beside it."""


def page_of(plan: Plan) -> str:
    """The whole page as HTML. It holds the values of people."""
    shop = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    style = resources.files("closeloop.audit").joinpath("report.css").read_text(encoding="utf-8")
    lines = sorted(plan.lines, key=lambda line: (line.source, REFUSED if line.refused else line.verb))
    kinds = [
        (source, kind, found)
        for (source, kind), group in groupby(lines, lambda line: (line.source, REFUSED if line.refused else line.verb))
        if (found := list(group))
    ]
    css = Markup(style)  # noqa: S704 - a file of ours, no values in it
    page = shop.get_template("plan_page.html")
    return page.render(plan=plan, kinds=kinds, css=css, most=MOST_LINES, refused=REFUSED, holds=HOLDS)

"""A process of a few lines, made without a file, for tests of single rooms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from closeloop.process.nouns import ContentLine, FieldRule, Gate, Member, Path, Process, ScoreLine
from closeloop.process.sources import SourceDecl
from closeloop.rules import Kind, Rule, Vocabulary, parse

NAMES: Mapping[str, Kind] = {
    "topic": "text", "depth": "number", "url": "text", "campaign": "text", "source": "text", "product": "text",
    "title": "text", "employees": "number", "email": "text", "fit": "number", "interest": "number",
    "form.submitted": "boolean",
}  # fmt: skip
DEALS: Mapping[str, Kind] = {"open": "boolean", "amount": "money", "product": "text", "stage": "text"}


def rule(text: str) -> Rule:
    """A condition over the names above."""
    return parse(text, Vocabulary(NAMES, {"opportunity": DEALS}))


def field(entity: str, name: str, form: str, *groups: str | tuple[str, ...], any_true: bool = False) -> FieldRule:
    """A field rule; each group is a path or several of them ("crm.Account.Name")."""
    trust = tuple(tuple(_path(text) for text in ([group] if isinstance(group, str) else group)) for group in groups)
    return FieldRule(entity, name, trust, any_true, (), form, None, False)


def small_process(**changes: Any) -> Process:
    """b2b@7 with a source of each kind, three pages, three interest lines and two fit lines."""
    person = [
        field("person", "email", "email", "desk.email", "crm.Email", "form.email"),
        field("person", "name", "person_name", "crm.Name", "form.name"),
        field("person", "phone", "phone", ("crm.Phone", "ma.phone"), "form.tel"),
        field("person", "title", "text", ("crm.Title", "form.title")),
        field("person", "country", "country", "crm.Country", "form.country"),
        field("person", "opted_out", "boolean", ("ma.unsubscribed", "crm.HasOptedOutOfEmail"), any_true=True),
    ]
    account = [
        field("account", "company", "company", "crm.Account.Name", "form.company"),
        field("account", "employees", "integer", "crm.NumberOfEmployees"),
    ]
    process = Process(
        name="b2b", version=7, agreed_by=("head of marketing", "head of sales"), agreed_on="2026-03-01",
        sources={
            "crm": SourceDecl("crm", "salesforce"), "ma": SourceDecl("ma", "marketo"),
            "form": SourceDecl("form", "webform"), "desk": SourceDecl("desk", "desk"),
        },
        regions={},
        people=(
            Member(
                "sato", "005-sato", "sato@hub.example", "field", frozenset({"dach"}), frozenset({"robot"}), 10,
                None, None,
            ),
        ),
        products=("robot", "sensor"),
        content=(
            ContentLine(re.compile("/robot/pricing"), "robot", "pricing", 3),
            ContentLine(re.compile("/robot/.*"), "robot", None, 1),
            ContentLine(re.compile("/blog/.*"), None, "news", 1),
        ),
        fields={"person": {each.name: each for each in person}, "account": {each.name: each for each in account}},
        fit=(
            ScoreLine("fit[0]", 20, rule("title in ['CTO', 'Plant manager']")),
            ScoreLine("fit[1]", 15, rule("employees >= 500")),
        ),
        interest=(
            ScoreLine("interest[0]", 30, None, "form.submitted", None, timedelta(days=30)),
            ScoreLine("interest[1]", 10, rule("topic in ['pricing', 'demo']"), "page.viewed", 30, timedelta(days=14)),
            ScoreLine("interest[2]", 5, None, "email.clicked", 20, None),
        ),
        gate=Gate(rule("fit >= 20 and interest >= 40"), None, (), "crm", ()),
        route=(), stages={}, send_back={}, custody={}, feedback=None, programmes={}, alerts=(), files={},
    )  # fmt: skip
    return replace(process, **changes)


def _path(text: str) -> Path:
    parts = text.split(".")
    return Path(parts[0], parts[1] if len(parts) == 3 else None, parts[-1])

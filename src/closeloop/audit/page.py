"""The report as one HTML file: style and pictures within, no script, nothing loaded from anywhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from closeloop.audit import pictures, said
from closeloop.audit.first_screen import Picture, first_screen, size_picture
from closeloop.audit.nouns import Cleanup, FieldValidity, LeadToAccount, Parity, Report
from closeloop.audit.pictures import Part

_HERE = Path(__file__).parent
_MAKERS = {"system": "By system", "user": "By who created the record", "source": "By source", "month": "By month"}


def as_html(report: Report) -> str:
    """The whole page. It holds the values of people that the report shows."""
    shop = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    shop.filters.update(
        percent=said.percent,
        count=said.count,
        chance=said.chance,
        words=said.words,
        sign=said.sign,
        effect=said.effect,
        system=said.system,
    )
    css = Markup((_HERE / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours, no values in it
    return shop.get_template("report.html").render(
        report=report, css=css, head=first_screen(report),
        sizes=[size_picture(report, system) for system in report.systems],
        makers=_makers(report), has_dates=any(maker.by == "month" for maker in report.makers),
        parity_pictures=[_parity(parity) for parity in report.parities],
        validity=[_validity(report, system) for system in report.systems],
        leads_picture=_leads(report.leads) if report.leads else None,
        cleanup_picture=_cleanup(report.cleanup), missing_effects=_missing(report),
    )  # fmt: skip


def _makers(report: Report) -> list[Picture]:
    drawn = []
    for by, title in _MAKERS.items():
        told = [maker for maker in report.makers if maker.by == by]
        if not told:
            continue
        worst = max(told, key=lambda maker: maker.repeats)
        share = f"{said.count(worst.repeats)}, {said.percent(worst.share)} of what it made"
        says = f"Most from {said.system(worst.value)}: {share}."
        if by == "month":
            says = f"Most in {worst.value}: {said.count(worst.repeats)} of {said.count(worst.records)} records."
            points = [(maker.value[2:], float(maker.repeats), said.count(maker.repeats)) for maker in told]
            drawn.append(Picture(title, pictures.columns(title, points, "hidden"), says))
        else:
            rows = [
                (
                    said.system(maker.value),
                    float(maker.repeats),
                    f"{said.count(maker.repeats)} · {said.percent(maker.share)} of its own",
                    "hidden",
                )
                for maker in told
            ]
            drawn.append(Picture(title, pictures.bars(title, rows), says))
    return drawn


def _parity(parity: Parity) -> list[Picture]:
    left, right = said.system(parity.left), said.system(parity.right)
    people = {(each.left, each.right): each.people for each in parity.holdings}
    companies = {(each.left, each.right): each.people for each in parity.companies}
    not_alike = [(what, float(n), said.count(n), "asked") for what, n in parity.disagree.items()]
    return [
        Picture(
            "Records a person has here and there", pictures.grid("Records of one person", left, right, people),
            "Green is as it should be; the rest is one person several times.",
        ),
        Picture(
            "Why they are not alike", pictures.bars("Why they are not alike", not_alike),
            "People known to both; one person may differ in several ways.",
        ),
        Picture(
            "Ways a company is written here and there",
            pictures.grid("Ways of writing one company", left, right, companies, "ways in"),
            "One way in each system lets leads find their account.",
        ),
    ]  # fmt: skip


def _validity(report: Report, of: str) -> Picture:
    rows = [
        (said.words(each.field), f"{said.percent(_usable(each), 0)} valid", _parts(each))
        for each in report.validity
        if each.system == of
    ]
    title = f"Values in {said.system(of)}"
    return Picture(title, pictures.stacked(title, rows), "Reasons and examples stand below.")


def _usable(each: FieldValidity) -> float | None:
    total = each.valid + each.doubtful + each.invalid + each.blank
    return each.valid / total if total else None


def _parts(each: FieldValidity) -> tuple[Part, ...]:
    return (
        Part("valid", each.valid, "fine"), Part("doubtful", each.doubtful, "doubt"),
        Part("invalid", each.invalid, "bad"), Part("blank", each.blank, "none"),
    )  # fmt: skip


def _leads(leads: LeadToAccount) -> Picture:
    parts = (
        Part("already contacts", leads.known_contacts, "hidden"),
        Part("at known accounts", leads.at_known_accounts, "right"),
        Part("account to be asked", leads.asked, "asked"),
        Part("new", leads.new, "fine"),
    )
    title = "What the CRM knows of them"
    known = (leads.known_contacts + leads.at_known_accounts) / leads.leads if leads.leads else None
    drawn = pictures.stacked(title, [(f"{said.count(leads.leads)} people", f"{said.percent(known, 0)} known", parts)])
    return Picture(title, drawn, "A lead at a known account belongs to who owns the account.")


def _cleanup(plan: Cleanup) -> Picture:
    parts = (
        Part(f"leave {said.count(plan.leave)}", plan.leave, "fine"),
        Part(
            f"merge {said.count(plan.merge_records)} into {said.count(plan.merge_people)}", plan.merge_records, "sure"
        ),
        Part(f"ask first {said.count(plan.ask_records)}", plan.ask_records, "asked"),
    )
    total = said.count(plan.leave + plan.merge_records + plan.ask_records)
    drawn = pictures.stacked("The plan", [("records", total, parts)])
    return Picture("The plan", drawn, "Merging is within a system; what two systems both know is linked, not merged.")


def _missing(report: Report) -> str:
    there = {each.effect for each in report.effects}
    lacking = [
        name
        for effect, name in (("sourced", "lead source or campaign"), ("conversion", "lead status or converted"))
        if effect not in there
    ]
    return f"Not counted, since no column tells it: {'; '.join(lacking)}. Name one with --column." if lacking else ""

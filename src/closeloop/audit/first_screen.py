"""The first screen: one sentence, the headline figures and three pictures, for who reads nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from closeloop.audit import pictures
from closeloop.audit.nouns import Parity, Rate, Report
from closeloop.audit.pictures import Part
from closeloop.audit.rates import ALL
from closeloop.audit.said import about, count, percent, system

_SEEN = ("exact_copy", "same_email")
"""Kinds that a CRM's own duplicate rule finds."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure: of what, the figure, and what it says."""

    of: str
    figure: str
    says: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in its card: its title, the drawing and the sentence below."""

    title: str
    drawn: Markup
    says: str


@dataclass(frozen=True, slots=True)
class Head:
    """What the first screen shows."""

    title: str
    lead: Markup
    tiles: tuple[Tile, ...]
    pictures: tuple[Picture, ...]


def first_screen(report: Report) -> Head:
    """The first screen of a report."""
    systems = [rate for rate in report.rates if rate.scope != ALL]
    drawn = [_repeating(report, systems), _by_kind(report)]
    drawn.append(_known(report.parities[0]) if report.parities else size_picture(report, report.systems[0]))
    return Head(_title(systems), _lead(report), tuple(_tiles(report, systems)), tuple(drawn))


def size_picture(report: Report, of: str) -> Picture:
    """How many people of a system have two records, three …; those with one would dwarf them."""
    counted = {each.size: each.people for each in report.sizes if each.scope == of}
    last = max(counted, default=1)
    points = [(str(size), counted.get(size, 0), count(counted.get(size, 0))) for size in range(2, max(last, 4) + 1)]
    return Picture(
        f"People by their records in {system(of)}",
        pictures.columns(f"People by their records in {system(of)}", points),
        f"{count(counted.get(1, 0))} people have one record; the largest group has {last}.",
    )


def _title(systems: list[Rate]) -> str:
    told = [f"{percent(rate.rate)} of the records in {system(rate.scope)}" for rate in systems]
    if len(systems) == 1:
        return f"{percent(systems[0].rate)} of the records repeat another one"
    return f"{', '.join(told[:-1])} and {told[-1].replace('of the records', 'of those')} repeat another one"


def _lead(report: Report) -> Markup:
    whole = report.rates[-1]
    text = Markup("The {} records are about <b>{} people</b>.").format(count(whole.records), count(whole.people))
    repeats = sum(kind.records for kind in report.kinds)
    seen = sum(kind.records for kind in report.kinds if kind.kind in _SEEN)
    if repeats:
        text += Markup(
            " An e-mail rule finds <b>{}</b> of the duplicates; "
            "the others use another address, another spelling or none."
        ).format(percent(seen / repeats, 0))
    if report.parities:
        parity = report.parities[0]
        text += Markup(
            " Of the people that both systems know, <b>{}</b> are known once in each and described alike."
        ).format(percent(parity.share, 0))
    return text


def _tiles(report: Report, systems: list[Rate]) -> list[Tile]:
    tiles = []
    for rate in systems[:3]:
        bounds = about(rate)
        expected = rate.records - rate.people
        says = f"{bounds + '; ' if bounds else ''}{count(expected)} of {count(rate.records)} records repeat another"
        tiles.append(Tile(f"Duplicates in {system(rate.scope)}", percent(rate.rate), says))
    if len(systems) == 1:
        tiles.append(Tile("People", count(systems[0].people), "stand behind these records"))
    tiles.extend(
        Tile(
            "Parity",
            percent(parity.share, 0),
            f"{count(parity.agreeing)} of {count(parity.known_to_both)} people known to both are alike in both",
        )
        for parity in report.parities[:1]
    )
    plan = report.cleanup
    tiles.append(
        Tile(
            "A clean-up merges", count(plan.merge_records), f"records into {count(plan.merge_people)} people by itself"
        )
    )
    tiles.append(Tile("and asks", count(plan.ask), f"questions, {count(plan.ask_expected)} of them likely one person"))
    return tiles


def _repeating(report: Report, systems: list[Rate]) -> Picture:
    rows = []
    for rate in systems:
        of_kind = {kind.kind: kind.by_system.get(rate.scope, 0) for kind in report.kinds}
        seen = sum(of_kind[kind] for kind in _SEEN)
        parts = (
            Part("one record a person", rate.people, "fine"),
            Part("same e-mail or copy", seen, "sure"),
            Part("another e-mail or spelling", rate.sure - seen, "hidden"),
            Part("likely, to be asked", rate.likely, "asked"),
            Part("estimated, not found", rate.missed, "none"),
        )
        rows.append((system(rate.scope), f"{percent(rate.rate)} repeat another", parts))
    return Picture(
        "Records that repeat another", pictures.stacked("Records that repeat another", rows),
        "Within each system; open questions by their likelihood, and an estimate of what no comparison finds.",
    )  # fmt: skip


def _by_kind(report: Report) -> Picture:
    rows = [
        (kind.title, float(kind.records), f"{count(kind.records)} · {percent(kind.share, 0)}",
         "sure" if kind.kind in _SEEN else "hidden")
        for kind in report.kinds
    ]  # fmt: skip
    return Picture(
        "In which way they repeat", pictures.bars("In which way they repeat", rows),
        "The first two are what an e-mail rule finds.",
    )  # fmt: skip


def _known(parity: Parity) -> Picture:
    rest = parity.known_to_both - parity.agreeing
    drawn = pictures.overlap(
        f"People known to {parity.left} and {parity.right}",
        Part(f"only in {system(parity.left)}", parity.only_left, "left"),
        (Part("in both, alike", parity.agreeing, "fine"), Part("in both, not alike", rest, "asked")),
        Part(f"only in {system(parity.right)}", parity.only_right, "right"),
    )
    return Picture(
        "Who knows whom", drawn,
        f"Alike: the same once in each. So are {percent(parity.share, 0)} of those in both.",
    )  # fmt: skip

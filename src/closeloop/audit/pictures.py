"""Pictures as inline SVG, drawn here: no script, colours by the page's own variables, so that dark and print work.

Each is made for a card about 320 units wide and scales with it; the figures stand in the picture as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH = 320
_LINE = 46


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: `tone` names a colour of the page (sure, hidden, asked, fine, left, right, bad, doubt, none)."""

    name: str
    value: float
    tone: str


def stacked(title: str, rows: Sequence[tuple[str, str, Sequence[Part]]]) -> Markup:
    """A full bar a row: (label, what stands at its end, parts). Below them the legend."""
    drawn = []
    for at, (label, end, parts) in enumerate(rows):
        top = at * _LINE
        drawn.append(_text(0, top + 14, label, "label"))
        drawn.append(_text(_WIDTH, top + 14, end, "end"))
        drawn += _bar(top + 21, 16, parts)
    legend = {part.name: part.tone for _, _, parts in rows for part in parts if part.value}
    top = len(rows) * _LINE + 8
    left = 0.0
    for name, tone in legend.items():
        width = 18 + 6.4 * len(name)
        if left + width > _WIDTH and left:
            left, top = 0.0, top + 20
        drawn.append(Markup('<rect class="{}" x="{}" y="{}" width="11" height="11" rx="2"/>').format(tone, left, top))
        drawn.append(_text(left + 16, top + 10, name, "small"))
        left += width + 12
    said = "; ".join(f"{label} {end}" for label, end, _ in rows)
    return _svg(title, said, top + 18, drawn)


def bars(title: str, rows: Sequence[tuple[str, float, str, str]]) -> Markup:
    """A bar a row against the longest: (label, value, what stands at its end, tone)."""
    most = max((value for _, value, _, _ in rows), default=0) or 1
    drawn = []
    for at, (label, value, end, tone) in enumerate(rows):
        top = at * 38
        drawn.append(_text(0, top + 13, label, "label"))
        drawn.append(_text(_WIDTH, top + 13, end, "end"))
        drawn += _bar(top + 19, 10, (Part(label, value, tone), Part("", most - value, "rest")))
    return _svg(title, "; ".join(f"{label} {end}" for label, _, end, _ in rows), len(rows) * 38, drawn)


def columns(title: str, points: Sequence[tuple[str, float, str]], tone: str = "sure") -> Markup:
    """Upright bars: (label below, value, what stands on top); labels are thinned when there are many."""
    most = max((value for _, value, _ in points), default=0) or 1
    step = _WIDTH / max(len(points), 1)
    width = min(step * 0.72, 54)
    each = -(-len(points) // 7)
    drawn = []
    for at, (label, value, end) in enumerate(points):
        middle = at * step + step / 2
        height = max(110 * value / most, 1.5 if value else 0)
        drawn.append(
            Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>').format(
                tone, middle - width / 2, 132 - height, width, height
            )
        )
        if at % each == 0:
            drawn.append(_text(middle, 150, label, "middle small"))
        if len(points) <= 12:
            drawn.append(_text(middle, 126 - height, end, "middle small strong"))
    return _svg(title, "; ".join(f"{label} {end}" for label, _, end in points), 158, drawn)


def overlap(title: str, left: Part, both: Sequence[Part], right: Part) -> Markup:
    """Who knows whom: one bar, from those that only the left knows over those both do to those only the right does."""
    parts = (left, *both, right)
    total = sum(part.value for part in parts) or 1
    drawn = list(_bar(8, 44, parts))
    at = 74
    for part in parts:
        drawn.append(Markup('<rect class="{}" x="0" y="{}" width="11" height="11" rx="2"/>').format(part.tone, at))
        drawn.append(_text(18, at + 10, part.name, "label"))
        drawn.append(_text(_WIDTH, at + 10, f"{part.value:,.0f} · {100 * part.value / total:.0f} %", "end"))
        at += 24
    return _svg(title, "; ".join(f"{part.name} {part.value:,.0f}" for part in parts), at, drawn)


def grid(title: str, left: str, right: str, cells: Mapping[tuple[int, int], int], of: str = "records in") -> Markup:
    """How often the left system (down) and the right one (across) know the same: 0, 1, 2, 3 or more times."""
    most = max((n for (down, across), n in cells.items() if down and across), default=0) or 1
    marks = ("0", "1", "2", "3+")
    drawn = [_text(190, 12, f"{of} {right}", "middle small")]
    for at, mark in enumerate(marks):
        drawn.append(_text(100 + at * 62, 30, mark, "middle label"))
        drawn.append(_text(58, 60 + at * 40, mark, "end label"))
    drawn.append(
        Markup('<text class="middle small" transform="translate(12 114) rotate(-90)">{}</text>').format(f"{of} {left}")
    )
    for down in range(4):
        for across in range(4):
            if not down and not across:
                continue
            n = cells.get((down, across), 0)
            tone = "fine" if down + across == 1 or down == across == 1 else "hidden"
            strength = 0.16 + 0.5 * min(n / most, 1) if n else 0.05
            drawn.append(
                Markup('<rect class="{}" opacity="{:.2f}" x="{}" y="{}" width="58" height="36" rx="4"/>').format(
                    tone, strength, 71 + across * 62, 37 + down * 40
                )
            )
            drawn.append(_text(100 + across * 62, 60 + down * 40, f"{n:,}", "middle"))
    said = "; ".join(f"{down} and {across}: {n:,}" for (down, across), n in sorted(cells.items()))
    return _svg(title, said, 200, drawn)


def _bar(top: float, height: float, parts: Sequence[Part]) -> list[Markup]:
    total = sum(part.value for part in parts) or 1
    left, drawn = 0.0, []
    for part in parts:
        width = _WIDTH * part.value / total
        if width > 0:
            drawn.append(
                Markup('<rect class="{}" x="{:.2f}" y="{}" width="{:.2f}" height="{}"><title>{}</title></rect>').format(
                    part.tone, left, top, max(width - 1, 0.6), height, f"{part.name}: {part.value:,.0f}"
                )
            )
        left += width
    return drawn


def _text(left: float, top: float, text: str, role: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(role, left, top, text)


def _svg(title: str, said: str, height: float, drawn: Sequence[Markup]) -> Markup:
    return Markup('<svg class="picture" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, f"{title}: {said}", Markup("").join(drawn)
    )

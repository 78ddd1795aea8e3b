"""What is to be put in order at each system, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from closeloop.outbox.readiness import Readiness

_MOST = 8


def lines_of_readiness(found: Sequence[Readiness]) -> list[str]:
    """A line for each thing that somebody should look at, with what to do; none where all is in order."""
    return [f"{each.source}: {line}" for each in found for line in _lines(each)]


def _lines(found: Readiness) -> Iterator[str]:
    if found.unread:
        yield f"who may own records could not be read: {found.unread}"
    for each in found.team[:_MOST]:
        yield f"{each.member} of the team {each.why} ({each.user or 'blank'}); mend the team's file, or the user there"
    for holder in found.holders[:_MOST]:
        yield f"{holder.name} {holder.why} and owns {holder.owns}; give them to somebody of the team, or add the user"
    if found.n_twice:
        people = "person has" if found.n_twice == 1 else "people have"
        yield f"{found.n_twice:,} {people} several records there ({found.n_records:,} in all): merge them first"
    for trouble in found.troubles:
        yield f"{trouble.n:,} would be refused: {trouble.what}. {trouble.remedy}; such as {trouble.example}"
    for field in found.unfilled:
        yield f"{field} must have a value and nothing fills it: name it in `write`, or do not demand it there"
    if found.unmapped:
        named = ", ".join(f"{each.object}.{each.field} ({each.share:.0%})" for each in found.unmapped[:_MOST])
        more = f" and {len(found.unmapped) - _MOST} more" if len(found.unmapped) > _MOST else ""
        yield f"filled there and mapped nowhere: {named}{more}"
    for name, all_of_them in (("of the team", found.team), ("owners", found.holders)):
        if len(all_of_them) > _MOST:
            yield f"{len(all_of_them) - _MOST:,} more {name}: they stand on the page"

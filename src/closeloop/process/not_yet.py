"""What the process file will say one day and this version cannot do: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from closeloop.process.document import At, Plain

_ANY = "*"


@dataclass(frozen=True, slots=True)
class NotYet:
    """A place ("*" is any step), which of its values are meant (None: all), and a short why."""

    at: tuple[str, ...]
    why: str
    when: Callable[[Plain], bool] | None = None


def _is(*values: str) -> Callable[[Plain], bool]:
    return lambda plain: plain in values


def _has(*keys: str) -> Callable[[Plain], bool]:
    return lambda plain: isinstance(plain, dict) and any(key in plain for key in keys)


def _beyond_packet(plain: Plain) -> bool:
    return isinstance(plain, str) and plain not in ("profile", "score", "summary")


def _other_lead(plain: Plain) -> bool:
    return isinstance(plain, list) and plain != ["person", "product", "region"]


NOT_YET: tuple[NotYet, ...] = (
    NotYet(("segments",), "segments as lists in the marketing system"),
    NotYet(("no_outcome",), "counting leads that nobody answered for"),
    NotYet(("campaigns",), "costs of campaigns"),
    NotYet(("sources", _ANY), "partners", _is("partner_portal")),
    NotYet(("sources", _ANY, "kind"), "partners", _is("partner_portal")),
    NotYet(("fields", "opportunity"), "fields of deals of your own"),
    NotYet(("fields", "campaign"), "fields of campaigns of your own"),
    NotYet(("fields", _ANY, _ANY, "stale_after"), "values that go stale"),
    NotYet(("gate", "at_most"), "a bound on leads a day"),
    NotYet(("gate", "a_lead_is"), "another meaning of a lead than [person, product, region]", _other_lead),
    NotYet(("gate", "hand_over", "packet", _ANY), "more in the packet than profile, score and summary", _beyond_packet),
    NotYet(("stages", _ANY, "if_quiet"), "leads that have gone quiet"),
    NotYet(("stages", _ANY, "deals"), "registering deals"),
    NotYet(("stages", _ANY, "show_as"), "partners", _is("offer")),
    NotYet(("stages", _ANY, "owner"), "owners from a table", _has("table", "by", "pick")),
    NotYet(("stages", _ANY, "owner", _ANY), "picking by close rate", _is("best_close_rate")),
    NotYet(("stages", _ANY, "respond", "accept_within"), "partners"),
    NotYet(("stages", _ANY, "if_late", "recall"), "partners"),
    NotYet(("stages", _ANY, "if_late", "move"), "partners", _is("next_partner")),
    NotYet(("stages", _ANY, "outcomes", _ANY, "move"), "partners"),
    NotYet(("custody", "partner"), "partners"),
    NotYet(("custody", _ANY, "on_behalf_of"), "mail in the name of the owner"),
    NotYet(("custody", _ANY, "seller_may_enrol_in"), "programmes that sellers choose"),
    NotYet(("alerts", _ANY, "every"), "digests"),
    NotYet(("alerts", _ANY, "who"), "alerts for a territory", _is("territory")),
    NotYet(("alerts", _ANY, "how"), "alerts other than by email", _is("crm_activity", "digest", "slack", "console")),
)


ELSEWHERE = "writing to objects of a CRM other than Lead and Contact, and Account for fields of account"
"""Said where paths are resolved, since a source alone may stand for such a path."""


def not_yet(plain: Plain) -> Iterator[tuple[At, str]]:
    """Every place of the file that asks for what does not work yet, with the message."""
    for entry in NOT_YET:
        for at, value in _matching(plain, entry.at, ()):
            if entry.when is None or entry.when(value):
                yield at, refusal(entry.why)


def refusal(why: str) -> str:
    """What is said of a place that asks for what does not work yet."""
    return f"not yet: {why}; take it out for now"


def _matching(plain: Plain, steps: tuple[str, ...], at: At) -> Iterator[tuple[At, Plain]]:
    if not steps:
        yield at, plain
        return
    if isinstance(plain, dict):
        for key, value in plain.items():
            if steps[0] in (_ANY, key):
                yield from _matching(value, steps[1:], (*at, key))
    elif isinstance(plain, list) and steps[0] == _ANY:
        for index, item in enumerate(plain):
            yield from _matching(item, steps[1:], (*at, index))

"""The review queue: one pair at a time, answered by a click that goes down the road; the next comes at once."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from closeloop.inbox.nouns import Click
from closeloop.measure.foreseen import foreseen
from closeloop.measure.review import KINDS, Pair, last_answered, link_of, next_pair, pair_of, progress
from closeloop.measure.sides import Side, sides
from closeloop.web.console import came_of
from closeloop.web.console.render import BY, Templates, fields_of
from closeloop.web.console.window import Verdict, Window

_SHOWN_BY = {
    "name": frozenset({"name", "first name", "last name"}),
    "email": frozenset({"email", "e-mail"}),
    "account": frozenset({"account", "company"}),
}
"""Field → comparisons that show it already; any other field is shown by the comparison of its own name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison. `weight` None: this field is shown, and has no say."""

    name: str
    left: str
    right: str
    says: str
    level: str
    weight: float | None


def lines_of(pair: Pair, left: Side, right: Side) -> list[Line]:
    """What was compared, the strongest evidence first, then every other field that either has."""
    compared = [
        Line(proof.comparison, proof.left, proof.right, proof.says, proof.level, proof.weight)
        for proof in sorted(pair.evidence, key=lambda proof: -abs(proof.weight))
    ]
    names = {line.name for line in compared}
    for field in sorted({*left.fields, *right.fields}):
        if not names & _SHOWN_BY.get(field, {field}):
            one, other = (side.fields[field].value if field in side.fields else "" for side in (left, right))
            says = "missing" if not one or not other else "agree" if one.casefold() == other.casefold() else "differ"
            compared.append(Line(field, one, other, says, "", None))
    return compared


class Review:
    """The queue's page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page = window, templates.page

    def queue(self, request: Request) -> Response:
        """The pair to ask about now, or the one that is named."""
        return self._shown("review.html", _kind(request.query_params.get("kind")), request.query_params.get("pair"))

    async def answer(self, request: Request) -> Response:
        """A click on same, different or skip: the next pair, with what came of the answer."""
        fields = await fields_of(request)
        kind, pair_id = _kind(fields.get("kind")), request.path_params["id"]
        shown = await run_in_threadpool(self._answer, pair_id, fields.get("choice", ""), kind)
        return shown if "hx-request" in request.headers else RedirectResponse(f"/review?kind={kind}", 303)

    async def undo(self, request: Request) -> Response:
        """A click on undo: the pair whose answer is taken back is asked about again."""
        kind, pair_id = _kind((await fields_of(request)).get("kind")), request.path_params["id"]
        shown = await run_in_threadpool(self._undo, pair_id, kind)
        return (
            shown if "hx-request" in request.headers else RedirectResponse(f"/review?kind={kind}&pair={pair_id}", 303)
        )

    def _answer(self, pair_id: str, choice: str, kind: str) -> Response:
        pair, names = self._named(pair_id)
        if pair is None:
            return self._gone(kind)
        match choice:
            case "same" | "different" | "skip":
                verdict = self._window.send(Click(choice, pair_id, "", BY))
            case _:
                verdict = Verdict("set_aside", f"{choice!r} is no answer; valid are same, different, skip")
        message = came_of.answered(choice, pair.kind, names, verdict)
        on_its_way = pair_id if verdict.state in ("waiting", "failed") else ""
        return self._shown("review_pair.html", kind, but=on_its_way, message=message, verdict=verdict)

    def _undo(self, pair_id: str, kind: str) -> Response:
        pair, names = self._named(pair_id)
        if pair is None:
            return self._gone(kind)
        verdict = self._take_back(pair)
        if verdict.state != "decided":
            message = came_of.taken_back(names, verdict)
            return self._shown("review_pair.html", kind, message=message, verdict=verdict)
        message = came_of.taken_back(self._named(pair_id)[1], verdict)  # named as they are now that they are two again
        return self._shown("review_pair.html", kind, pair_id, message=message, verdict=verdict)

    def _take_back(self, pair: Pair) -> Verdict:
        """Undo the link that "same" made, and ask again; a pair that was skipped is open, so it is only shown."""
        if pair.state == "open":
            return Verdict("decided")
        undone = Verdict("decided")
        if pair.state == "same":
            with self._window.database.read() as connection:
                link_id = link_of(connection, pair.id)
            if link_id is not None:
                undone = self._window.send(Click("unlink", link_id, "", BY))
        if undone.state != "decided":
            return undone
        again = self._window.send(Click("reopen", pair.id, "", BY))
        return Verdict(again.state, " ".join(filter(None, (undone.reason, again.reason))))

    def _gone(self, kind: str) -> Response:
        verdict = Verdict("set_aside", "These two are asked about no more: one of them was merged or erased.")
        return self._shown("review_pair.html", kind, message=verdict.reason, verdict=verdict)

    def _named(self, pair_id: str) -> tuple[Pair | None, str]:
        with self._window.database.read() as connection:
            pair = pair_of(connection, pair_id)
            found = sides(connection, self._window.process, pair.left_root, pair.right_root) if pair else None
        if found is None:
            return pair, "these two"
        return pair, " and ".join(side.called for side in found)

    def _shown(
        self,
        template: str,
        kind: str,
        pair_id: str | None = None,
        *,
        but: str = "",
        message: str = "",
        verdict: Verdict | None = None,
    ) -> Response:
        process = self._window.process
        with self._window.database.read() as connection:
            pair = pair_of(connection, pair_id) if pair_id else None
            if pair is None or pair.state != "open":
                pair = next_pair(connection, kind, but)
            both = sides(connection, process, pair.left_root, pair.right_root) if pair else None
            seen = foreseen(connection, process, both, self._window.now()) if both else None
            how_far, last = progress(connection), last_answered(connection, BY, kind, pair.id if pair else "")
        lines = lines_of(pair, *both) if pair and both else []
        return self._page(
            template, pair=pair, sides=both, lines=lines, foreseen=seen, progress=how_far, last=last, kind=kind,
            kinds=KINDS, message=message, verdict=verdict,
        )  # fmt: skip


def _kind(given: str | None) -> str:
    return given if given in KINDS else ""

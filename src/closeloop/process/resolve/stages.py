"""Stages with their outcomes, and the moves between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from closeloop.process.document import At
from closeloop.process.nouns import Heard, IfLate, Milestone, Move, Nurture, OutcomeRule, Respond, Stage
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.sources import has_objects, read_path
from closeloop.process.schema.stages import MovePart, NurturePart, OutcomePart, RespondPart, StagePart
from closeloop.process.sources import SourceDecl  # fmt: skip
from closeloop.process.vocabulary import Vocabularies
from closeloop.words.duration import parse_duration

_ONE_OF = "valid is exactly one of to, send_back, nurture"


def resolve_stages(agreement: Agreement, known: Vocabularies, sources: Mapping[str, SourceDecl]) -> dict[str, Stage]:
    """Every stage, each of which can be reached from the route."""
    reader = _Stages(agreement, known, sources)
    stages = {name: reader.stage(name, part) for name, part in agreement.part.stages.items()}
    for name in sorted(set(stages) - _reached(agreement)):
        agreement.faults.add(("stages", name), "nothing leads here; valid is a line of route or a move to it")
    return stages


class _Stages:
    """Reads stages against the rest of the file."""

    def __init__(self, agreement: Agreement, known: Vocabularies, sources: Mapping[str, SourceDecl]) -> None:
        self._agreement, self._known, self._sources = agreement, known, sources
        self._faults, self._part = agreement.faults, agreement.part

    def stage(self, name: str, part: StagePart) -> Stage:
        at: At = ("stages", name)
        self._check_shape(at, part)
        return Stage(
            name=name,
            owner=tuple(part.owner),
            show_new_person=part.show_as.new_person if part.show_as else None,
            show_known_contact=part.show_as.known_contact if part.show_as else None,
            respond=self._respond((*at, "respond"), part.respond),
            if_late=self._if_late((*at, "if_late"), part),
            outcomes={key: self._outcome((*at, "outcomes", key), key, line) for key, line in part.outcomes.items()},
            milestones={
                key: Milestone(key, self._heard((*at, "milestones", key, "heard_as"), line.heard_as))
                for key, line in part.milestones.items()
            },
        )

    def _check_shape(self, at: At, part: StagePart) -> None:
        if bool(part.owner) != bool(part.outcomes):
            there, lacking = ("owner", "outcomes") if part.owner else ("outcomes", "owner")
            self._faults.add(at, f"has {there} but no {lacking}; valid are both, or {{}} where the road ends")
        if not part.owner and (part.respond or part.if_late or part.show_as or part.milestones):
            self._faults.add(at, "has no owner, so nobody can do the rest; valid is {} where the road ends")
        if part.owner and part.show_as is None and self._part.gate.hand_over is not None:
            self._faults.add(at, "no show_as; valid is such as show_as: {new_person: lead, known_contact: task}")
        if part.owner and part.owner[-1] in ("deal_owner", "account_owner"):
            what = f"{part.owner[-1]} may be nobody; valid is to end with round_robin or least_loaded"
            self._faults.add((*at, "owner"), what)
        if part.if_late is not None and part.respond is None:
            self._faults.add((*at, "if_late"), "needs respond: without a time agreed nobody is late")

    def _respond(self, at: At, part: RespondPart | None) -> Respond | None:
        if part is None:
            return None
        within, working = parse_duration(part.within), part.clock == "working"
        unit = part.within.strip()[-1]
        if not within:
            self._faults.add((*at, "within"), "no time at all; valid is such as 4h")
        if working and unit == "w":
            self._faults.add((*at, "within"), "weeks of working time are unclear; valid are days, such as 5d")
        remind = None if part.remind_before is None else parse_duration(part.remind_before)
        if remind is not None and remind >= within:
            self._faults.add((*at, "remind_before"), f"must be less than within ({part.within})")
        text = f"{part.within.replace(' ', '')}{' working' if working else ''}"
        return Respond(within, working, remind, text, within.days if working and unit == "d" else None)

    def _if_late(self, at: At, part: StagePart) -> IfLate | None:
        late = part.if_late
        if late is None:
            return None
        self._owned_stage((*at, "move"), late.move)
        then = self._then((*at, "then"), late.then)
        return IfLate(late.move, late.except_ is not None, late.at_most, then)

    def _outcome(self, at: At, name: str, part: OutcomePart) -> OutcomeRule:
        for index, field in enumerate(part.verifies):
            self._agreement.known((*at, "verifies", index), "field of person", field, self._part.fields_.person)
        if (part.at_most is None) != (part.then is None):
            there, lacking = ("at_most", "then") if part.then is None else ("then", "at_most")
            self._faults.add((*at, there), f"needs {lacking}; valid is such as at_most: 3, then: {{send_back: …}}")
        return OutcomeRule(
            name=name,
            heard_as=self._heard((*at, "heard_as"), part.heard_as or {}),
            only_when=self._agreement.condition_or_none((*at, "only_when"), part.only_when, self._known.lead),
            verifies=tuple(part.verifies),
            move=self._move(at, part),
            at_most=part.at_most,
            then=None if part.then is None else self._then((*at, "then"), part.then),
        )

    def _then(self, at: At, part: str | MovePart) -> Move:
        if isinstance(part, MovePart):
            return self._move(at, part)
        if part == "nurture" and part not in self._part.stages:
            programme = next(iter(self._part.nurture), "reheat")
            shape = f"{{nurture: {{programme: {programme}, wake_after: 30d}}}}"
            self._faults.add(at, f"nurture in which programme, until when? valid is {shape}")
        else:
            self._agreement.known(at, "stage", part, self._part.stages)
        return Move(to=part)

    def _move(self, at: At, part: MovePart) -> Move:
        ways = [way for way in ("to", "send_back", "nurture") if getattr(part, way) is not None]
        if len(ways) != 1:
            self._faults.add(at, f"{' and '.join(ways) or 'nothing'} follows; {_ONE_OF}")
        if part.to is not None:
            self._agreement.known((*at, "to"), "stage", part.to, self._part.stages)
        if part.send_back is not None:
            self._agreement.known((*at, "send_back"), "reason", part.send_back, self._part.send_back)
        nurture = None if part.nurture is None else self._nurture((*at, "nurture"), part.nurture)
        return Move(part.to, part.send_back, nurture)

    def _nurture(self, at: At, part: NurturePart) -> Nurture:
        self._agreement.known((*at, "programme"), "programme", part.programme, self._part.nurture)
        if part.wake_after is None and part.wake_when is None:
            self._faults.add(at, "never wakes; valid is wake_after, wake_when or both")
        return Nurture(
            programme=part.programme,
            wake_after=None if part.wake_after is None else parse_duration(part.wake_after),
            wake_when=self._agreement.condition_or_none((*at, "wake_when"), part.wake_when, self._known.lead),
            keep_owner=part.owner == "keep",
        )

    def _heard(self, at: At, parts: Mapping[str, list[str | int | float | bool]]) -> tuple[Heard, ...]:
        heard: list[Heard] = []
        for text, values in parts.items():
            path = read_path(self._agreement, (*at, text), text, self._sources)
            if path is None:
                continue
            if has_objects(self._sources[path.source]) and path.object is None:
                self._faults.add((*at, text), f"names no object; valid is such as {path.source}.Lead.{path.name}")
            heard.append(Heard(path, frozenset(values)))
        return tuple(heard)

    def _owned_stage(self, at: At, name: str) -> None:
        if self._agreement.known(at, "stage", name, self._part.stages) and not self._part.stages[name].owner:
            self._faults.add(at, f"'{name}' ends the road; valid is a stage with an owner")


def _reached(agreement: Agreement) -> set[str]:
    stages = agreement.part.stages
    waiting = [line.to for line in agreement.part.route]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in stages and name not in reached:
            reached.add(name)
            waiting += _next_stages(stages[name])
    return reached


def _next_stages(part: StagePart) -> Iterator[str]:
    moves: list[str | MovePart | None] = list(part.outcomes.values())
    moves += [outcome.then for outcome in part.outcomes.values()]
    if part.if_late is not None:
        moves += [part.if_late.move, part.if_late.then]
    for move in moves:
        stage = move.to if isinstance(move, MovePart) else move
        if stage is not None:
            yield stage

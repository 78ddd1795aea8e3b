"""Sets the stage of a scenario by the road itself: forms, calls and clicks until the lead stands where it should."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.inbox.nouns import Click
from closeloop.scenarios.acts import attend_webinar, convert_lead, set_lead_status, submit_form
from closeloop.scenarios.cast import Cast
from closeloop.scenarios.nouns import Said
from closeloop.words.errors import BadInput

GIVENS = ("clock", "lead", "product", "owner", "contact", "other_open_leads")
KNOWN_CONTACT = "known to the CRM"
_PEOPLE = (
    ("Mia Berger", "Nordwind Maschinenbau"), ("Paul Lang", "Alpenrobotik"), ("Eva Kern", "Hanse Logistik"),
    ("Tim Vogt", "Rheinwerk Technik"), ("Lea Sommer", "Isar Automation"), ("Jan Richter", "Elbe Anlagenbau"),
    ("Nina Falk", "Harz Antriebe"), ("Ole Brandt", "Ostsee Marine"),
)  # fmt: skip
_MOST_TRIES = 20


def set_stage(cast: Cast, given: Said) -> None:
    """Bring a new person's lead to where the scenario finds it.

    Whoever has to go before, so that a certain seller is next in turn, is a passer-by and no part of the story.

    Raises:
        BadInput: what is given cannot be reached on this process.
    """
    cast.passed_by()
    if "lead" not in given:
        return
    at = str(given["lead"]).removeprefix("at ")
    for _ in range(_MOST_TRIES):
        _bring(cast, at, given)
        owner = cast.lead().owner
        if given.get("owner", owner) == owner:
            break
        cast.passed_by()
    else:
        raise BadInput(f"given: the lead never came to {given['owner']!r}: who owns leads at {at} is in team.csv")
    n_others = sum(lead.status in ("open", "nurturing") for lead in cast.leads()) - 1
    if given.get("other_open_leads", n_others) != n_others:
        raise BadInput(f"given: other_open_leads: {given['other_open_leads']!r}, but the person has {n_others}")
    cast.crm_before = cast.n_person_records()


def _bring(cast: Cast, at: str, given: Said) -> None:
    number = cast.world.next_number()
    cast.name, cast.company = _person(number)
    cast.email = f"{cast.name.replace(' ', '.').lower()}@{cast.company.split()[0].lower()}-{number}.example"
    cast.browser, cast.product = f"browser-{number}", str(given.get("product") or cast.world.process.products[0])
    if given.get("contact") == KNOWN_CONTACT:
        _known_contact(cast)
    submit_form(cast, {"country": next(iter(sorted(_countries(cast)))), "title": "CTO", "tel": "+49 30 1234567"})
    cast.world.settle()
    attend_webinar(cast, {})
    cast.world.settle()
    for stage in _way(cast, at):
        _forward(cast, stage)
        cast.world.settle()
    if cast.lead().stage != at:
        raise BadInput(f"given: the lead stands at {cast.lead().stage} and does not come to {at}")


def _person(number: int) -> tuple[str, str]:
    """Name and company; after all names were used, each first name has another last name and works elsewhere.

    Two of one name at one company would be taken for one, as they should.
    """
    n, n_rounds = len(_PEOPLE), number // len(_PEOPLE)
    first = _PEOPLE[number % n][0].partition(" ")[0]
    last = _PEOPLE[(number + n_rounds) % n][0].partition(" ")[2]
    return f"{first} {last}", _PEOPLE[(number + 2 * n_rounds) % n][1]


def _known_contact(cast: Cast) -> None:
    """Sales knows the person from before: a seller made account and contact."""
    seller = next(iter(cast.world.crm.users.values()))
    first, _, last = cast.name.partition(" ")
    account = cast.world.crm.create_account(seller, Name=cast.company)
    cast.world.crm.create_contact(seller, FirstName=first, LastName=last, Email=cast.email, AccountId=account)
    cast.world.settle()


def _way(cast: Cast, at: str) -> Sequence[str]:
    """The stages to leave, in order, by outcomes that lead on, from where the lead is to `at`."""
    stages = cast.world.process.stages
    if at not in stages:
        raise BadInput(f"given: {at!r} is no stage; valid are {', '.join(stages)}")
    start = str(cast.lead().stage)
    ways = [[start]]
    for way in ways:
        if way[-1] == at:
            return way[:-1]
        ways += [
            [*way, outcome.move.to]
            for outcome in stages[way[-1]].outcomes.values()
            if outcome.move.to and outcome.move.to not in way
        ]
    raise BadInput(f"given: no outcome leads from {start} to {at}")


def _forward(cast: Cast, stage: str) -> None:
    """One stage on: as sellers do in the CRM where the lead is a record there, else by a click on the console."""
    if stage == "telemarketing" and cast.records("Lead"):
        set_lead_status(cast, {"value": "Qualified"})
    elif stage == "inside_sales" and cast.records("Lead"):
        convert_lead(cast, {"opportunity": "30000 EUR", "owner": _colleague(cast, "field")})
    else:
        lead = cast.lead()
        outcome = next(each.name for each in cast.world.process.stages[stage].outcomes.values() if each.move.to)
        cast.world.hub.click(Click("outcome", str(lead.id), outcome, str(lead.owner)))


def _colleague(cast: Cast, team: str) -> str:
    """Somebody of another team who takes such leads."""
    lead, process = cast.lead(), cast.world.process
    takes = (
        one for one in process.people if one.takes(team, str(lead.product), str(lead.region), cast.world.clock.now())
    )
    return next(one.name for one in takes)


def _countries(cast: Cast) -> frozenset[str]:
    return next(iter(cast.world.process.regions.values())).countries

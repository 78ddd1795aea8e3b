"""Who gets a lead: the deal's owner, the account's, the least loaded, the next in turn; never somebody who cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from closeloop.inbox.nouns import Due
from closeloop.lifecycle.nouns import Show
from closeloop.process.nouns import Member, Process
from support.pursuits import Pursuits, at_field, at_inside_sales, at_telemarketing, intents, seller
from support.road import b2b


def with_team(*members: Member) -> Process:
    """B2B with these telemarketers, and everybody else."""
    others = (member for member in b2b().people if member.team != "telemarketing")
    return replace(b2b(), people=(*members, *others))


def telemarketer(
    name: str, capacity: int = 30, away: tuple[datetime | None, datetime | None] = (None, None),
    region: str = "dach", product: str = "robot",
) -> Member:  # fmt: skip
    regions, products = frozenset({region}), frozenset({product})
    return Member(name, f"005{name}", f"{name}@ours.example", "telemarketing", regions, products, capacity, *away)


def chosen(
    process: Process, n: int, now: datetime | None = None, loads: dict[str, int] | None = None
) -> list[str | None]:
    """The owners of the first leads of n people, with one desk."""
    first = Pursuits(process)
    first.desk.loads.update(loads or {})
    owners = []
    for _ in range(n):
        person = Pursuits(process, *([now] if now else []))
        person.desk = first.desk
        person.decide()
        owners.append(person.lead.owner)
    return owners


def test_the_least_loaded_is_chosen_and_every_choice_counts():
    process = with_team(telemarketer("abel"), telemarketer("brandt"))
    assert chosen(process, 5, loads={"abel": 2}) == ["brandt", "brandt", "abel", "brandt", "abel"]


def test_round_robin_goes_in_turn_through_those_who_are_there():
    owners = []
    desk = None
    for _ in range(3):
        joe = at_telemarketing()
        joe.desk = desk = desk or joe.desk
        joe.click("qualified")
        owners.append(joe.lead.owner)
    assert owners == ["keller", "sato", "keller"]


def test_round_robin_takes_its_turns_apart_for_each_product_and_region():
    joe = at_inside_sales()
    turn = ("inside_sales", "robot", "dach")
    assert joe.desk.last == {turn: "keller"}
    assert joe.desk.turned == {turn}


def test_nobody_is_given_more_than_their_capacity():
    process = with_team(telemarketer("abel", capacity=1), telemarketer("brandt", capacity=2))
    assert sorted(filter(None, chosen(process, 4))) == ["abel", "brandt", "brandt"]


def test_those_who_are_away_or_take_other_products_or_regions_are_passed_over():
    process = with_team(
        telemarketer("abel", away=(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC))),
        telemarketer("brandt", product="sensor"),
        telemarketer("caro", region="nordic"),
        telemarketer("dietz"),
    )
    assert chosen(process, 3) == ["dietz", "dietz", "dietz"]
    assert "abel" in chosen(process, 3, now=datetime(2026, 9, 3, 8, tzinfo=UTC))  # the control: back again


def test_when_nobody_is_left_the_lead_stands_there_without_an_owner_until_it_is_tried_again():
    joe = Pursuits(with_team(telemarketer("abel", capacity=0)))
    draft = joe.decide()
    assert (joe.lead.status, joe.lead.owner) == ("open", None)
    assert joe.clocks == {(joe.lead.id, "assign"): joe.now + timedelta(minutes=15)}
    assert intents(draft, Show) == []
    assert joe.events[-1].why == (
        "b2b@7 stages.telemarketing.owner: none of least_loaded found anybody; nobody could be chosen: "
        "it stands on the attention page, and is tried again while its region works"
    )


def test_it_is_tried_again_in_working_time_and_a_failure_that_repeats_is_noted_once():
    joe = Pursuits(with_team(telemarketer("abel", capacity=0)), now=datetime(2026, 9, 4, 15, 50, tzinfo=UTC))  # Friday
    joe.decide()
    assert joe.clocks[joe.lead.id, "assign"] == datetime(2026, 9, 7, 7, tzinfo=UTC)
    before = joe.lead
    joe.run_out("assign")
    assert joe.lead == before
    assert joe.clocks[joe.lead.id, "assign"] == datetime(2026, 9, 7, 7, 15, tzinfo=UTC)


def test_the_first_who_has_room_gets_it_with_the_clock_of_the_agreed_time():
    joe = Pursuits(with_team(telemarketer("abel")))
    joe.desk.loads["abel"] = 100
    joe.decide()
    joe.desk.loads["abel"] = 0
    draft = joe.run_out("assign")
    assert joe.lead.owner == "abel"
    assert joe.events[-1].why == "b2b@7 stages.telemarketing.owner: least_loaded; nobody could be chosen until now"
    assert {name for _, name in joe.clocks} == {"respond", "remind"}
    assert len(intents(draft, Show)) == 1


def test_the_clock_of_a_lead_that_was_decided_otherwise_meanwhile_does_nothing():
    joe = Pursuits(with_team(telemarketer("abel", capacity=0)))
    joe.decide()
    at = joe.clocks[joe.lead.id, "assign"]
    joe.click("wrong_number")
    assert joe.clocks == {}
    n_events = joe.lead.n_events
    joe.decide(dues=[Due(joe.lead.id, "assign", at)])
    assert (joe.lead.status, joe.lead.n_events) == ("sent_back", n_events)


def test_another_try_excludes_whom_the_lead_was_taken_from_and_nobody_after_nurture():
    joe = at_telemarketing(with_team(telemarketer("abel")))
    joe.run_out()  # nobody but abel, and it was late with him
    assert joe.lead.owner is None
    joe.run_out("assign")
    assert joe.lead.owner is None
    woken = replace(joe.lead, assigned_at=joe.now)  # as nurture leaves a lead whose owner was not kept
    joe.leads[woken.id] = woken
    joe.run_out("assign")
    assert joe.lead.owner == "abel"


def test_the_deals_owner_goes_before_the_accounts_and_both_before_the_team():
    assert at_field(owner="huber").lead.owner == "huber"
    assert at_field(owner="rep-field-robot").lead.owner == "rep-field-robot"
    joe = at_inside_sales()
    joe.account_owner = seller(joe.process, "huber")
    joe.click("meeting_booked")
    assert joe.lead.owner == "huber"
    assert joe.events[-1].why == "b2b@7 stages.field.owner: account_owner"


def test_a_user_of_the_crm_who_is_in_no_team_owns_nothing():
    joe = at_inside_sales()
    joe.account_owner = "005-integration"
    joe.click("meeting_booked")
    assert joe.lead.owner in ("huber", "rep-field-robot")
    assert joe.events[-1].why == "b2b@7 stages.field.owner: round_robin"


def test_a_clawed_back_lead_goes_to_nobody_who_had_it_although_the_deal_or_the_account_is_theirs():
    joe = at_field(owner="huber")
    joe.account_owner = seller(joe.process, "huber")
    joe.run_out()
    assert (joe.lead.stage, joe.lead.owner) == ("field", "rep-field-robot")


def test_when_all_had_it_the_one_before_the_last_may_have_it_again_but_never_the_last():
    process = with_team(telemarketer("abel"), telemarketer("brandt"))
    joe = at_telemarketing(process)
    owners = [joe.lead.owner]
    for _ in range(2):
        joe.run_out()
        owners.append(joe.lead.owner)
    assert owners == ["abel", "brandt", "abel"]


def test_a_full_newcomer_does_not_keep_an_earlier_owner_from_it():
    process = with_team(telemarketer("abel"), telemarketer("brandt"), telemarketer("caro", capacity=1))
    joe = at_telemarketing(process)
    joe.desk.loads["caro"] = 1
    joe.run_out()
    joe.run_out()
    assert joe.lead.owner == "abel"


def test_a_team_of_one_cannot_take_its_late_lead_again():
    joe = at_telemarketing(with_team(telemarketer("abel")))
    joe.run_out()
    assert (joe.lead.status, joe.lead.owner) == ("open", None)


def test_another_stage_may_give_the_lead_to_anybody():
    process = with_team(telemarketer("abel"))
    joe = at_inside_sales(process)
    assert joe.lead.previous_owners == ("keller",)

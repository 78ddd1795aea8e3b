"""Every connector changes what it is told to, nothing else, and does each verb that it claims; others it refuses."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


@pytest.mark.needs("update", "second")
def test_an_update_writes_what_it_names_blank_is_blank_and_absent_is_left(stage):
    ref = stage.enter("Joe Miller", "https://one.example")
    [answer] = stage.carried_out(stage.about(Verb.UPDATE, ref, **{stage.second: "https://two.example"}))
    assert answer.outcome is Outcome.DONE, answer.reason
    record = stage.now(ref)
    assert (record.fields[stage.second], stage.name_of(record)) == ("https://two.example", "Joe Miller")
    name = next(iter(stage.fields("Joe", "k")))
    [answer] = stage.carried_out(stage.about(Verb.UPDATE, ref, **{name: "Ann Lee"}))
    record = stage.now(ref)
    assert (record.fields[stage.second], stage.name_of(record)) == ("https://two.example", "Ann Lee")
    [answer] = stage.carried_out(stage.about(Verb.UPDATE, ref, **{stage.second: None}))
    assert answer.outcome is Outcome.DONE, answer.reason
    assert (stage.now(ref).fields[stage.second], stage.name_of(stage.now(ref))) == (None, "Ann Lee")


@pytest.mark.needs("update", "reads")
def test_two_updates_of_one_record_stay_in_order(stage):
    ref = stage.enter("Joe Miller")
    name = next(iter(stage.fields("Joe", "k")))
    answers = stage.carried_out(*(stage.about(Verb.UPDATE, ref, n, **{name: f"Joe {n}"}) for n in range(3)))
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert stage.name_of(stage.now(ref)) == "Joe 2"


@pytest.mark.needs("update", "removes")
def test_an_update_of_somebody_who_is_gone_says_so(stage):
    ref = stage.enter("Joe Miller")
    stage.remove(ref)
    name = next(iter(stage.fields("Joe", "k")))
    [answer] = stage.carried_out(stage.about(Verb.UPDATE, ref, **{name: "Ann Lee"}))
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, ()), answer.reason


@pytest.mark.needs("deactivate", "reactivate")
def test_deactivated_is_read_back_seen_by_all_and_undone(stage):
    ref = stage.born()
    [off] = stage.carried_out(stage.about(Verb.DEACTIVATE, ref, reason="left the company"))
    assert (off.outcome, off.verified) == (Outcome.DONE, True), off.reason
    assert not stage.now(ref).active
    assert [one.active for one in stage.scanned() if one.id == ref.id] in ([False], [])
    [again] = stage.carried_out(stage.about(Verb.DEACTIVATE, ref, reason="left the company"))
    assert (again.outcome, again.verified) == (Outcome.DONE, True), "it is safe to repeat"
    [on] = stage.carried_out(stage.about(Verb.REACTIVATE, ref))
    assert (on.outcome, on.verified, stage.now(ref).active) == (Outcome.DONE, True, True), on.reason


@pytest.mark.needs("merge")
def test_a_merge_is_read_back_and_the_loser_lives_on_as_the_survivor(stage):
    survivor, loser = stage.born("Joe Miller", 1), stage.born("Joe M.", 2)
    merge = Command(f"{stage.tag}-m", Verb.MERGE, stage.person, survivor, refs={"loser": loser})
    for attempt in (1, 2):
        [answer] = stage.carried_out(
            Command(merge.key, merge.verb, merge.object, survivor, None, {}, merge.refs, attempt)
        )
        assert (answer.outcome, answer.verified) == (Outcome.DONE, True), answer.reason
    ids = {one.id for one in stage.scanned()}
    assert (survivor.id in ids, loser.id in ids) == (True, False)
    assert stage.person in stage.connector.can_merge


@pytest.mark.needs("erase")
def test_erased_is_gone_and_erasing_again_is_done_as_well(stage):
    ref = stage.born()
    for _ in range(2):
        [answer] = stage.carried_out(stage.about(Verb.ERASE, ref))
        assert answer.outcome is Outcome.DONE, answer.reason
    found = stage.connector.fetch([ref])
    assert ref not in found or found[ref].deleted
    assert ref.id not in {one.id for one in stage.scanned()}


@pytest.mark.needs("restore", "erase")
def test_a_deleted_record_is_restored_with_what_it_held_once(stage):
    command = stage.create("Joe Miller")
    stage.carried_out(command)
    ref = stage.ref_of(command)
    held = stage.now(ref)
    stage.carried_out(stage.about(Verb.ERASE, ref))
    back = Command(f"{stage.tag}-r", Verb.RESTORE, stage.person, ref, command.our_key, command.fields)
    [answer] = stage.carried_out(back)
    assert answer.outcome is Outcome.DONE, answer.reason
    assert stage.name_of(stage.now(answer.ref)) == stage.name_of(held)
    [again] = stage.carried_out(Command(back.key, back.verb, back.object, ref, back.our_key, back.fields, attempt=2))
    assert again.outcome is Outcome.DONE, again.reason
    assert stage.n_keyed(command.our_key) == 1


@pytest.mark.needs("join", "leave")
def test_who_joins_a_list_is_on_it_and_who_leaves_is_not(stage):
    email = "joe@lists.example"
    ref = stage.born("Joe Miller", email=email)
    for verb, on in ((Verb.JOIN, [email]), (Verb.JOIN, [email]), (Verb.LEAVE, []), (Verb.LEAVE, [])):
        [answer] = stage.carried_out(stage.about(verb, ref, list=stage.lists))
        assert answer.outcome is Outcome.DONE, answer.reason
        assert list(stage.vendor.members(stage.lists)) == on


@pytest.mark.needs("tell", "join")
def test_what_is_told_is_no_news_when_it_is_read(stage):
    ref = stage.born()
    before = stage.now(ref).fields
    [answer] = stage.carried_out(stage.about(Verb.TELL, ref, outcome="qualified", stage="field"))
    assert answer.outcome is Outcome.DONE, answer.reason
    assert stage.now(ref).fields == before


def test_a_verb_that_is_not_claimed_is_refused_in_plain_words_and_costs_nothing(stage):
    for verb in Verb:
        if verb.value not in stage.can():
            loser = {"loser": Ref(stage.person, "2")}
            command = Command(f"x-{verb}", verb, stage.person, Ref(stage.person, "1"), "k", refs=loser)
            [answer] = stage.connector.push([command])
            assert answer.outcome is Outcome.PERMANENT, (verb, answer)
            assert len(answer.reason.split()) > 4, (verb, answer.reason)
            assert "Traceback" not in answer.reason


@pytest.mark.needs("reads")
def test_an_object_that_is_not_there_is_refused_in_plain_words_and_the_rest_goes_through(stage):
    unknown = Command("x-unknown", Verb.CREATE, "Spaceship", our_key="k", fields=stage.fields("Joe", "k"))
    bad, good = stage.carried_out(unknown, stage.create())
    assert (bad.outcome, good.outcome) == (Outcome.PERMANENT, Outcome.DONE), bad
    assert "Spaceship" in bad.reason


def test_a_push_of_nothing_makes_no_calls(stage):
    before = stage.connector.calls
    assert list(stage.connector.push([])) == []
    assert (stage.connector.calls, stage.connector.cost([])) == (before, 0)

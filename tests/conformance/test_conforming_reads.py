"""Every connector tells all there is once, then only what changed, and misses nothing."""

from __future__ import annotations

import pytest

from support.stages.stage import people

pytestmark = pytest.mark.needs("reads")


def test_it_describes_the_object_of_a_person_with_the_fields_that_can_be_written(stage):
    stage.enter("Joe Miller")
    shapes = {shape.object: shape for shape in stage.connector.discover()}
    assert shapes[stage.person].entity == "person"
    assert any(field.writable for field in shapes[stage.person].fields)
    assert all(field.name and field.type for shape in shapes.values() for field in shape.fields)


def test_a_pull_from_the_beginning_tells_everybody_and_the_next_one_no_news(stage):
    refs = [stage.enter(f"Joe {n}") for n in range(7)]
    records, cursor = stage.pulled()
    told = people(records, stage.person)
    assert {ref.id for ref in refs} <= told.keys()
    assert [stage.name_of(told[ref.id]) for ref in refs] == [f"Joe {n}" for n in range(7)]
    again, cursor = stage.pulled(cursor)
    assert all(told.get(one.id) == one for one in again if one.object == stage.person)
    stage.later()
    stage.pulled(cursor)


def test_a_change_is_told_and_those_of_one_moment_are_all_told(stage):
    refs = [stage.enter(f"Joe {n}", "before") for n in range(9)]
    _, cursor = stage.pulled()
    stage.later()
    for ref in refs:  # all with one stamp, where the vendor's clock stands still
        stage.edit(ref, "https://after.example")
    news, cursor = stage.pulled(cursor)
    told = people(news, stage.person)
    assert {ref.id for ref in refs} <= told.keys()
    if stage.second:
        assert {told[ref.id].fields[stage.second] for ref in refs} == {"https://after.example"}
    again, _ = stage.pulled(cursor)
    assert all(told[one.id] == one for one in again if one.id in {ref.id for ref in refs})


def test_a_change_made_between_two_pages_at_the_same_moment_is_not_lost(stage):
    """What is written at the very stamp up to which was read comes with the next pull."""
    first = stage.enter("Joe One")
    _, cursor = stage.pulled()
    second = stage.enter("Joe Two")
    news, _ = stage.pulled(cursor)
    assert second.id in people(news, stage.person), first


def test_from_a_mark_only_what_comes_later_is_told(stage):
    before = stage.enter("Joe Before")
    stage.later()
    mark = stage.connector.mark()
    after = stage.enter("Joe After")
    told = people(stage.pulled(mark)[0], stage.person)
    assert after.id in told
    assert before.id not in told


def test_a_scan_tells_each_record_once_as_the_pull_did(stage):
    refs = {stage.enter(f"Joe {n}", "https://one.example").id for n in range(5)}
    refs.add(stage.born("Ann Lee").id)
    scanned = stage.scanned()
    assert len(scanned) == len({one.id for one in scanned})
    told = people(stage.pulled()[0], stage.person)
    for one in scanned:
        if one.id in refs:
            other = told[one.id]
            facts = [(r.fields, r.refs, r.our_key, r.active, r.became, r.deleted, r.entity) for r in (one, other)]
            assert facts[0] == facts[1]
    assert refs <= {one.id for one in scanned}


def test_every_object_can_be_scanned_and_its_count_is_that_of_the_scan_or_not_told(stage):
    stage.enter("Joe Miller")
    assert stage.person in stage.connector.objects()
    for name in stage.connector.objects():
        assert stage.connector.count(name) in (None, len(stage.scanned(name)))


@pytest.mark.needs("removes")
def test_who_was_deleted_is_not_scanned_nor_fetched(stage):
    joe, ann = stage.enter("Joe Miller"), stage.enter("Ann Lee")
    stage.remove(joe)
    assert {joe.id, ann.id} & {one.id for one in stage.scanned()} == {ann.id}
    found = stage.connector.fetch([joe, ann])
    assert joe not in found or found[joe].deleted
    assert ann in found


@pytest.mark.needs("told_deletes")
def test_a_deletion_is_told(stage):
    joe = stage.enter("Joe Miller")
    _, cursor = stage.pulled()
    stage.later()
    stage.remove(joe)
    gone = people(stage.pulled(cursor)[0], stage.person)[joe.id]
    assert gone.deleted

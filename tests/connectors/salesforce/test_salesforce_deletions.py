"""Deletions and merges reach the hub, in the bin or past it; where the vendor cannot tell them, the hub is told so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.connectors.salesforce import connect
from closeloop.ports import Ref
from closeloop.words.errors import Lost

HOUR = timedelta(hours=1)


def everything(connector, cursor=None):
    records = []
    while True:
        page = connector.pull(cursor)
        records += page.records
        cursor = page.cursor
        if not page.more:
            return records, cursor


def settled(connector):
    """Everything is read, and a quiet round after it, so that the log of deletions is followed from here on."""
    _, cursor = everything(connector)
    return everything(connector, cursor)[1]


def test_what_left_the_bin_between_two_pulls_is_told_by_the_log_of_deletions_once(connector, salesforce, joe, clock):
    cursor = settled(connector)
    clock.advance(HOUR)
    salesforce.delete(joe)
    salesforce.purge(joe)
    clock.advance(HOUR)
    [gone], cursor = everything(connector, cursor)
    assert (gone.object, gone.id, gone.entity, gone.deleted) == ("Lead", joe, "person", True)
    assert gone.changed_at == clock.now() - HOUR
    clock.advance(2 * HOUR)
    assert everything(connector, cursor)[0] == []


def test_control_without_the_log_such_a_deletion_is_never_heard_of(salesforce, joe, clock):
    connector = connect({**salesforce.settings, "deletions_every_seconds": "1e9"}, clock)
    cursor = settled(connector)
    salesforce.delete(joe)
    salesforce.purge(joe)
    for _ in range(3):
        clock.advance(HOUR)
        records, cursor = everything(connector, cursor)
        assert records == []
    connector.close()


def test_what_is_still_in_the_bin_is_told_once_and_not_again_by_the_log(connector, salesforce, joe, clock):
    cursor = settled(connector)
    clock.advance(HOUR)
    salesforce.delete(joe)
    [gone], cursor = everything(connector, cursor)
    assert (gone.deleted, gone.fields["LastName"]) == (True, "Smith")
    for _ in range(3):
        clock.advance(HOUR)
        records, cursor = everything(connector, cursor)
        assert records == []


def test_what_is_taken_out_of_the_bin_is_seen_living_again(connector, salesforce, joe, sato, clock):
    twin = salesforce.create_lead(sato, LastName="Smith", Company="Acme Inc")
    salesforce.merge(joe, twin)
    cursor = settled(connector)
    clock.advance(HOUR)
    salesforce.undelete(twin, by=sato)
    [back], _ = everything(connector, cursor)
    assert (back.id, back.deleted, back.became) == (twin, False, ())


def test_a_merge_in_which_the_loser_has_left_the_bin_is_told_as_a_deletion(connector, salesforce, joe, sato, clock):
    twin = salesforce.create_lead(sato, LastName="Smith", Company="Acme Inc")
    cursor = settled(connector)
    clock.advance(HOUR)
    salesforce.merge(joe, twin)
    salesforce.purge(twin)
    clock.advance(HOUR)
    told = {record.id: record for record in everything(connector, cursor)[0]}
    assert (told[twin].deleted, told[joe].deleted) == (True, False)


def test_the_log_is_asked_once_an_hour_and_not_at_every_pull(connector, salesforce, joe, clock):
    cursor = settled(connector)
    for _ in range(6):
        clock.advance(timedelta(minutes=20))
        _, cursor = everything(connector, cursor)
    assert salesforce.faults.n_calls("GET", "/sobjects/Lead/deleted") == 2


def test_a_cursor_older_than_the_log_is_lost_and_says_what_to_do(connector, salesforce, joe, clock):
    cursor = settled(connector)
    clock.advance(timedelta(days=16))
    with pytest.raises(Lost, match=r"deleted since 2026-09-01.*goes back 15 days.*compare them all"):
        connector.pull(cursor)
    assert everything(connector, connector.mark())[0] == []


def test_control_a_cursor_within_the_log_is_not_lost(connector, salesforce, joe, clock):
    cursor = settled(connector)
    clock.advance(timedelta(days=14))
    salesforce.delete(joe)
    salesforce.purge(joe)
    clock.advance(HOUR)
    assert [record.id for record in everything(connector, cursor)[0]] == [joe]


@pytest.mark.parametrize("cut", ["begins", "most"])
def test_a_log_that_the_vendor_cut_or_will_not_list_is_lost(connector, salesforce, joe, sato, clock, cut):
    leads = [salesforce.create_lead(sato, LastName="S", Company="A") for _ in range(3)]
    cursor = settled(connector)
    clock.advance(2 * HOUR)
    for lead in leads:
        salesforce.delete(lead)
    if cut == "begins":
        salesforce.deletions.begins = clock.now() - HOUR
    else:
        salesforce.deletions.most = 2
        clock.advance(HOUR)
    with pytest.raises(Lost, match="compare them all"):
        everything(connector, cursor)


def test_a_deletion_of_a_record_that_was_never_read_is_harmless(connector, salesforce, joe, sato, clock):
    cursor = settled(connector)
    clock.advance(HOUR)
    never = salesforce.create_lead(sato, LastName="S", Company="A")
    salesforce.delete(never)
    salesforce.purge(never)
    clock.advance(HOUR)
    records, _ = everything(connector, cursor)
    assert [(record.id, record.deleted) for record in records] == [(never, True)]
    assert connector.fetch([Ref("Lead", never)]) == {}

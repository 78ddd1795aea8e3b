"""What changed is read once, also what changes while it is read; what does not tell its change is compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.words.errors import Permanent

NO_MOMENT = (("    changed: updated\n", ""), ('      since: {params: {since: "{since}"}, ordered: true}\n', ""))


def without_moment(text):
    for old, new in NO_MOMENT:
        assert old in text
        text = text.replace(old, new)
    return text


def test_only_what_changed_comes_again(vendor, connector, clock, read_all):
    first, _ = (vendor.add(mail=f"p{n}@acme.example") for n in range(2))
    _, cursor = read_all(connector)
    clock.advance(timedelta(hours=1))
    vendor.edit(first, mail="new@acme.example")
    records, cursor = read_all(connector, cursor)
    assert [record.fields["Email"] for record in records] == ["new@acme.example"]
    assert records[0].changed_at == clock.now()
    assert read_all(connector, cursor)[0] == []


def test_what_becomes_visible_late_is_not_missed(vendor, connector, clock, read_all):
    vendor.faults.delay_reads(120)
    vendor.add(mail="joe@acme.example")
    records, cursor = read_all(connector)
    assert records == []
    clock.advance(timedelta(minutes=3))
    assert [record.id for record in read_all(connector, cursor)[0]] == ["1"]


def shifted(vendor, clock, read_all, connector):
    for n in range(12):
        vendor.add(mail=f"p{n}@acme.example")
        clock.advance(timedelta(hours=1))
    numbers = iter([1])

    def edit():
        for number in numbers:
            vendor.edit(number, mail="edited@acme.example")

    records, cursor = read_all(connector, between=edit)
    return {record.id for record in records} | {record.id for record in read_all(connector, cursor)[0]}


def test_an_edit_between_two_pages_hides_nobody(vendor, connector, clock, read_all):
    assert len(shifted(vendor, clock, read_all, connector)) == 12


def test_control_turning_pages_of_a_list_that_shifts_misses_somebody(vendor, connected, declared, clock, read_all):
    plain = connected(declared.replace(", ordered: true", ""))
    assert len(shifted(vendor, clock, read_all, plain)) == 11


def test_many_with_one_stamp_are_read_page_by_page(vendor, connector, clock, read_all):
    for n in range(23):
        vendor.add(mail=f"p{n}@acme.example")
    clock.advance(timedelta(hours=1))
    late = vendor.add(mail="late@acme.example")
    records, _ = read_all(connector)
    assert [record.id for record in records] == [str(n) for n in range(1, late + 1)]


def test_a_mark_tells_only_what_comes_later(vendor, connector, clock, read_all):
    vendor.add(mail="old@acme.example")
    clock.advance(timedelta(minutes=1))
    cursor = connector.mark()
    assert read_all(connector, cursor)[0] == []
    vendor.add(mail="new@acme.example")
    assert [record.fields["Email"] for record in read_all(connector, cursor)[0]] == ["new@acme.example"]


def test_without_a_moment_of_change_rows_are_compared(vendor, connected, declared, clock, read_all):
    connector = connected(without_moment(declared))
    first = vendor.add(mail="a@acme.example")
    for n in range(8):
        vendor.add(mail=f"p{n}@acme.example")
    records, cursor = read_all(connector)
    assert len(records) == 9
    assert read_all(connector, cursor)[0] == []
    vendor.edit(first, mail="b@acme.example")
    assert [record.id for record in read_all(connector, cursor)[0]] == [str(first)]
    marked = connector.mark()
    assert read_all(connector, marked)[0] == []


def test_a_cursor_of_somebody_else_is_refused(connector):
    with pytest.raises(Permanent, match="is no cursor of small"):
        connector.pull("not ours")


def test_a_row_without_an_id_is_named(vendor, connected, declared, read_all):
    vendor.add(mail="a@acme.example")
    connector = connected(declared.replace("id: id\n", "id: number\n"))
    with pytest.raises(Permanent, match="a row without number"):
        read_all(connector)

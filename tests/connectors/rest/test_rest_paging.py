"""A list is read to its end, whichever way the vendor turns pages."""

from __future__ import annotations

import pytest

from closeloop.words.errors import Permanent

PAGE = "page: {by: page, param: at, size_param: size, size: 5}"
WAYS = {
    "page": PAGE,
    "offset": "page: {by: offset, param: at, size_param: size, size: 5}",
    "cursor": "page: {by: cursor, param: at, size_param: size, size: 5, next: paging.next}",
    "link": "page: {by: link, size_param: size, size: 5, next: paging.next}",
    "header": "page: {by: link, size_param: size, size: 5}",
    "range": "page: {by: range, param: people, size: 5}",
}


@pytest.mark.parametrize("way", WAYS)
def test_every_record_is_listed_once_and_told_once(vendor, connected, declared, read_all, scan_all, way):
    vendor.paging = way
    connector = connected(declared.replace(PAGE, WAYS[way]))
    numbers = []
    for n in (0, 5, 12):
        numbers += [str(vendor.add(mail=f"p{one}@acme.example")) for one in range(len(numbers), n)]
        assert [record.id for record in scan_all(connector)] == numbers
        assert connector.count("Contact") in (n, None if way == "range" and not n else n)
    records, cursor = read_all(connector)
    assert [record.id for record in records] == numbers
    assert read_all(connector, cursor)[0] == []


def test_records_of_a_scan_are_those_of_a_pull(vendor, connector, read_all, scan_all):
    vendor.add(mail="joe@acme.example", full={"name": "Joe"}, stage=1, hub_key="k-1", state="off")
    [pulled], _ = read_all(connector)
    assert scan_all(connector) == [pulled]
    assert pulled.fields == {"Email": "joe@acme.example", "Name": "Joe", "Stage": "open"}
    assert (pulled.our_key, pulled.active) == ("k-1", False)


def test_a_next_link_to_another_host_is_not_followed(vendor, connected, declared):
    vendor.paging = "link"
    connector = connected(declared.replace(PAGE, WAYS["link"]))
    vendor.add(mail="joe@acme.example")
    with pytest.raises(Permanent, match=r"not at http://127\.0\.0\.1"):
        connector.scan("Contact", "http://elsewhere.example/people?at=5")
    assert connector.calls == 0

"""What only one side sees decides as ever, and reaches the other side in no command, packet or mail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.process.nouns import Process
from support.road import Road, b2b, road_on
from support.vendor_words import joe_is_a_lead

SECRET = "CTO"
"""Joe's title: fit points come of it, so he is no lead without it."""


def of_side(side: str, *written: str) -> Process:
    """b2b, but only one side sees titles; `written` are the systems that they are written to."""
    title = b2b().fields["person"]["title"]
    rule = replace(title, seen_by=side, write=tuple(path for path in title.write if path.source in written))
    return replace(b2b(), fields={**b2b().fields, "person": {**b2b().fields["person"], "title": rule}})


def sent_to(road: Road, source: str) -> str:
    rows = road.rows("SELECT fields FROM commands WHERE source = :source", source=source)
    assert rows
    return " ".join(str(fields) for (fields,) in rows)


def test_what_only_marketing_sees_makes_a_lead_of_somebody_and_is_not_handed_over(database_url: str):
    with road_on(database_url, of_side("marketing", "ma")) as road:
        joe_is_a_lead(road)
        packet = str(road.one("SELECT content FROM packets"))
        assert "a condition that only marketing sees: 20" in packet
        for told in (packet, sent_to(road, "crm")):
            assert SECRET not in told
            assert "title" not in told
        assert SECRET in sent_to(road, "ma")


def test_what_only_sales_sees_goes_to_no_marketing_system(sqlite_url: str):
    with road_on(sqlite_url, of_side("sales", "crm")) as road:
        joe_is_a_lead(road)
        assert SECRET in sent_to(road, "crm")
        assert SECRET not in sent_to(road, "ma")


@pytest.mark.parametrize("source", ["crm", "ma"])
def test_control_what_both_see_goes_to_both(sqlite_url: str, source: str):
    with road_on(sqlite_url) as road:
        joe_is_a_lead(road)
        assert SECRET in sent_to(road, source)
        assert f"title in ['{SECRET}'" in str(road.one("SELECT content FROM packets"))

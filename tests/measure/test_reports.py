"""Every figure of every report over the small business, on both databases."""

from __future__ import annotations

import pytest

from closeloop.measure.reports import REPORTS, answer
from support.side_window import JOSEPH, Seed, at

TWIN = "0199e100-0000-7000-8000-00000000000f"


@pytest.fixture
def twin(window):
    """Joe's second record had become a lead of its own, for the same product, and was sent back."""
    seed = Seed()
    seed.lead(TWIN, JOSEPH, at(18, 10, month=8), status="sent_back", reason="bad_timing", campaign="price-mailing",
              closed_at=at(19, month=8))  # fmt: skip
    seed.events(
        TWIN,
        (at(18, 10, month=8), "created", "telemarketing", None, None),
        (at(19, month=8), "sent_back", "telemarketing", None, "bad_timing"),
    )
    with window.database.write() as connection:
        seed.write(connection)
    return window


def _rows(window, name):
    report = REPORTS[name]
    return [dict(zip((column.name for column in report.columns), row, strict=True)) for row in answer(report, window)]


def test_every_report_of_an_empty_hub_is_empty_and_none_divides_by_nothing(empty):
    assert [row for report in REPORTS.values() for row in answer(report, empty)] == []


def test_a_person_with_two_records_is_one_name_in_the_month_of_the_first_touch(window):
    names = {row["cohort"]: (row["n"],) for row in _rows(window, "funnel") if row["step"] == "names"}
    assert names == {"2026-07": (1,), "2026-08": (1,), "2026-09": (2,)}


def test_the_funnel_counts_each_step_that_a_lead_ever_reached(window):
    august = {row["step"]: (row["n"], row["rate"]) for row in _rows(window, "funnel") if row["cohort"] == "2026-08"}
    assert august == {
        "names": (1, None), "became leads": (1, 100.0), "leads": (1, None), "responded": (1, 100.0),
        "stage telemarketing": (1, 100.0), "telemarketing: qualified": (1, 100.0),
        "stage inside_sales": (1, 100.0), "inside_sales: converted": (1, 100.0),
        "stage field": (1, 100.0), "field: proposal": (1, 100.0), "field: won": (1, 100.0), "won": (1, 100.0),
    }  # fmt: skip


def test_a_return_is_an_entry_of_its_own_month_and_counted_apart(window):
    leads = {row["cohort"]: (row["n"], row["again"]) for row in _rows(window, "funnel") if row["step"] == "leads"}
    assert leads == {"2026-07": (1, 0), "2026-08": (1, 0), "2026-09": (3, 1)}


def test_follow_up_tells_in_time_late_and_waiting_apart_for_each_stage_and_owner(window):
    found = {
        (row["stage"], row["owner"]): (row["given"], row["in_time"], row["late"], row["waiting"])
        for row in _rows(window, "follow_up")
    }
    assert found == {
        ("telemarketing", "ito"): (3, 2, 1, 0),   # Joe and Ben in time; Ana's clock has run out
        ("inside_sales", "mori"): (2, 0, 1, 1),   # Joe was taken away; Ben's clock runs
        ("inside_sales", "abe"): (1, 1, 0, 0),
        ("field", "sato"): (1, 1, 0, 0),
    }  # fmt: skip


def test_the_median_counts_working_time_only(window):
    minutes = {(row["stage"], row["owner"]): row["median_minutes"] for row in _rows(window, "follow_up")}
    assert minutes["inside_sales", "abe"] == 240.0
    assert minutes["inside_sales", "mori"] is None


def test_a_campaign_sources_once_and_does_not_influence_what_it_sourced(window):
    found = {
        row["campaign"]: (row["sourced"], row["sourced_won"], row["sourced_amount"], row["influenced"])
        for row in _rows(window, "sourced")
    }
    assert found == {
        "spring-webinar": (2, 1, "48000.00 EUR", 0),
        "price-mailing": (1, 0, None, 2),   # Joe's, whose second record it reached, and Ana's
        "fair": (1, 0, None, 0),            # Ben's first cycle
        None: (1, 0, None, 0),              # Kim's
    }  # fmt: skip


def test_what_a_seller_or_a_system_did_influences_nothing(window):
    assert not {"call-list", "newsletter"} & {row["campaign"] for row in _rows(window, "sourced")}


def test_what_a_person_missed_influences_nothing(window):
    seed = Seed()
    seed.touch("ma:90", JOSEPH, "event.missed", at(20, month=8), campaign="roadshow")
    seed.touch("ma:91", JOSEPH, "event.attended", at(20, month=8), campaign="open-day")
    with window.database.write() as connection:
        seed.write(connection)
    influenced = {row["campaign"]: row["influenced"] for row in _rows(window, "sourced")}
    assert influenced["open-day"] == 1
    assert "roadshow" not in influenced


def test_two_records_of_one_person_are_one_lead_in_every_report(window, twin):
    leads = {row["cohort"]: row["n"] for row in _rows(twin, "funnel") if row["step"] == "leads"}
    sourced = {row["campaign"]: (row["sourced"], row["sourced_won"]) for row in _rows(twin, "sourced")}
    assert leads == {"2026-07": 1, "2026-08": 1, "2026-09": 3}
    assert sourced["spring-webinar"] == (2, 1)
    assert sum(n for n, _ in sourced.values()) == sum(leads.values())
    (row,) = (row for row in _rows(twin, "returned") if row["reason"] == "bad_timing")
    assert (row["campaign"], row["n"], row["sourced"], row["share"]) == ("spring-webinar", 1, 2, 50.0)


def test_sent_back_leads_are_counted_by_reason_and_by_the_campaign_of_that_cycle(window):
    assert _rows(window, "returned") == [
        {
            "reason": "bad_data",
            "campaign": "fair",
            "n": 1,
            "people": 1,
            "sourced": 1,
            "share": 100.0,
            "came_back": 1,
            "won_later": 0,
        }
    ]


def test_contacts_are_counted_by_attempt_with_six_and_more_together(window):
    found = {
        row["attempt"]: (row["contacts"], row["conversions"], row["rate"], row["duplicates"], row["flagged"])
        for row in _rows(window, "outcomes")
    }
    assert found == {
        "1": (0, 0, None, 0, 0), "2": (1, 1, 100.0, 0, 0), "3": (0, 0, None, 0, 0), "4": (1, 0, 0.0, 0, 0),
        "5": (0, 0, None, 0, 0), "6+": (2, 0, 0.0, 1, 1), "total": (4, 1, 25.0, 1, 1),
    }  # fmt: skip


def test_what_came_in_is_counted_by_source_and_fate_with_every_flag(window):
    found = {(row["source"], row["what"], row["reason"]): row["n"] for row in _rows(window, "intake")}
    assert found["calls", "decided", None] == 4
    assert found["calls", "flag:duplicate", None] == 1
    assert found["form", "set_aside", "'traits' is a list; valid is an object"] == 1


def test_every_column_and_definition_says_what_it_means():
    for report in REPORTS.values():
        assert report.question.endswith("?")
        assert len(report.definition.text) > 100
        assert all(column.meaning for column in report.columns)

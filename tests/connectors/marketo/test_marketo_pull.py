"""Nothing that changed in Marketo is missed: paging, equal times, late entries, tokens, merges, deletions."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from closeloop.connectors.marketo import connect
from closeloop.ports import Ref
from closeloop.words.errors import Lost, Permanent, Transient


def test_a_lead_is_read_under_the_names_of_the_process(marketo, read_all):
    marketo.create_lead(
        email="joe@acme.example",
        firstName="Joe",
        lastName="Miller",
        numberOfEmployees=800,
        mealChoice="vegan",
        closeloopKey="k-1",
    )
    [lead], _, _ = read_all()
    assert (lead.object, lead.entity, lead.our_key, lead.active) == ("Lead", "person", "k-1", True)
    assert lead.fields["name"] == "Joe Miller"
    assert lead.fields["employees"] == 800
    assert lead.fields["meal_choice"] == "vegan"
    assert lead.fields["phone"] is None, "blank is None, not absent"
    assert "closeloopKey" not in lead.fields


@pytest.mark.parametrize("from_the_log", [False, True])
def test_acts_become_touches_with_their_campaign_and_product(marketo, connector, read_all, from_the_log):
    mark = connector.mark() if from_the_log else None
    joe = marketo.create_lead(email="joe@acme.example")
    marketo.visit_page(joe, "https://acme.example/robot/pricing?utm_campaign=price-mailing&product=robot")
    marketo.fill_form(joe, "Spring.Contact", "https://acme.example/contact?product=sensor", title="CTO")
    marketo.click_email(joe, "Spring.Invite", "https://acme.example/demo")
    marketo.open_email(joe, "Spring.Invite")
    marketo.attend_webinar(joe, "spring-webinar", product="robot")
    marketo.attend_webinar(joe, "spring-webinar", status="No Show")
    marketo.attend_webinar(joe, "spring-webinar", status="Invited")
    marketo.unsubscribe(joe)
    records, _, _ = read_all(mark)
    touches = [record for record in records if record.entity == "activity"]
    assert [touch.touch for touch in touches] == [
        "page.viewed",
        "form.submitted",
        "email.clicked",
        "email.opened",
        "webinar.attended",
        "webinar.missed",
        "email.unsubscribed",
    ]
    assert all(touch.refs["person"] == Ref("Lead", str(joe)) for touch in touches)
    assert touches[0].fields["url"].startswith("https://acme.example/robot/pricing")
    assert (touches[0].fields["campaign"], touches[0].fields["product"]) == ("price-mailing", "robot")
    assert (touches[1].fields["campaign"], touches[1].fields["product"]) == ("Spring", "sensor")
    assert (touches[4].fields["campaign"], touches[4].fields["product"]) == ("spring-webinar", "robot")
    webinar = marketo.create_programme("spring-webinar")
    assert touches[4].refs["campaign"] == Ref("Campaign", str(webinar))
    assert "campaign" not in touches[0].refs
    assert next(record for record in records if record.object == "Lead").fields["unsubscribed"] is True


def test_the_referrer_of_a_visit_lends_it_no_campaign(marketo, read_all):
    joe = marketo.create_lead(email="joe@acme.example")
    marketo.visit_page(joe, "https://acme.example/", referrer="https://other.example/?utm_campaign=theirs")
    touch = next(record for record in read_all()[0] if record.entity == "activity")
    assert "campaign" not in touch.fields


def test_more_than_a_page_at_one_and_the_same_second_is_read_in_full(marketo, connector, read_all):
    mark = connector.mark()
    leads = {str(marketo.create_lead(email=f"p{n}@acme.example")) for n in range(320)}
    for lead in list(leads) * 2:
        marketo.visit_page(int(lead), "https://acme.example/")
    records, pages, _ = read_all(mark)
    assert {record.id for record in records if record.object == "Lead"} == leads
    assert len({record.id for record in records if record.entity == "activity"}) == 640
    assert pages == 4, "960 entries of the log in pages of 300"


def test_pages_without_an_entry_of_the_wanted_kind_do_not_end_the_reading(marketo, connector, read_all):
    mark = connector.mark()
    joe = marketo.create_lead(email="joe@acme.example")
    for n in range(700):
        marketo.update_lead(joe, title=f"Title {n}")
    marketo.visit_page(joe, "https://acme.example/")
    records, _, _ = read_all(mark)
    assert [record.touch for record in records if record.entity == "activity"] == ["page.viewed"]


def test_the_next_round_brings_what_changed_since(marketo, clock, read_all):
    joe = marketo.create_lead(email="joe@acme.example", title="CTO")
    _, _, cursor = read_all()
    clock.advance(timedelta(hours=1))
    assert read_all(cursor)[0] == []
    marketo.update_lead(joe, title="CEO")
    [lead], _, _ = read_all(cursor)
    assert lead.fields["title"] == "CEO"


def test_within_one_second_every_edit_comes_once_also_back_and_forth(marketo, connector, read_all):
    joe = marketo.create_lead(email="joe@acme.example", title="CTO")
    _, _, cursor = read_all()
    for title in ("CEO", "CTO", "CEO"):
        marketo.update_lead(joe, title=title)
        records, _, cursor = read_all(cursor)
        assert [record.fields["title"] for record in records] == [title]
        records, _, cursor = read_all(cursor)
        assert records == []


def test_an_edit_of_a_field_that_is_not_ours_to_read_brings_nothing(marketo, clock, read_all):
    joe = marketo.create_lead(email="joe@acme.example")
    _, _, cursor = read_all()
    clock.advance(timedelta(hours=1))
    marketo.update_lead(joe, salesOutcome="qualified")
    assert read_all(cursor)[0] == []


@pytest.mark.parametrize(("look_back_seconds", "seen"), [("300", 1), ("0", 0)], ids=["protected", "control"])
def test_an_act_that_shows_late_is_found_by_looking_back(marketo, clock, read_all, look_back_seconds, seen):
    connector = connect({**marketo.settings, "look_back_seconds": look_back_seconds}, clock)
    joe = marketo.create_lead(email="joe@acme.example")
    clock.advance(timedelta(minutes=30))
    marketo.instance.log.delay = timedelta(seconds=90)
    marketo.visit_page(joe, "https://acme.example/late")
    marketo.instance.log.delay = timedelta(0)
    clock.advance(timedelta(seconds=5))
    marketo.visit_page(joe, "https://acme.example/prompt")
    _, _, cursor = read_all(None, connector)
    clock.advance(timedelta(seconds=120))
    urls = [str(record.fields.get("url")) for record in read_all(cursor, connector)[0]]
    assert sum(url.endswith("/late") for url in urls) == seen
    connector.close()


def test_a_token_that_ends_in_the_middle_of_a_round_is_renewed(marketo, connector, read_all):
    mark = connector.mark()
    for n in range(400):
        marketo.create_lead(email=f"p{n}@acme.example")
    first = connector.pull(mark)
    marketo.tokens.expire()
    records, _, _ = read_all(first.cursor)
    assert len({record.id for record in (*first.records, *records)}) == 400
    assert marketo.faults.n_calls("GET", "/identity") == 2


def test_a_revoked_token_is_renewed_once_and_wrong_credentials_are_told(marketo, connector, clock):
    connector.pull(None)
    marketo.tokens.revoke()
    connector.pull(None)
    stranger = connect({**marketo.settings, "client_secret": "wrong"}, clock)
    with pytest.raises(Permanent, match="check the client id and secret"):
        stranger.pull(None)
    stranger.close()


def test_a_paging_token_that_the_vendor_forgot_starts_the_round_again(marketo, connector, read_all):
    mark = connector.mark()
    for n in range(400):
        marketo.create_lead(email=f"p{n}@acme.example")
    first = connector.pull(mark)
    cursor = json.loads(first.cursor)
    forgotten = json.dumps({**cursor, "tokens": ["FORGOTTEN"] * 3})
    records, _, _ = read_all(forgotten)
    assert len({record.id for record in (*first.records, *records)}) == 400


@pytest.mark.parametrize(("log_days", "told"), [("14", "lost"), ("9999", "nothing")], ids=["protected", "control"])
def test_a_round_that_begins_before_what_the_log_keeps_is_lost_not_silent(marketo, clock, read_all, log_days, told):
    connector = connect({**marketo.settings, "log_days": log_days}, clock)
    joe = marketo.create_lead(email="joe@acme.example")
    _, _, cursor = read_all(None, connector)
    clock.advance(timedelta(days=1))
    marketo.delete_lead(joe)
    clock.advance(timedelta(days=15))
    if told == "lost":
        with pytest.raises(Lost, match="compare everything, then go on from a new mark"):
            read_all(cursor, connector)
    else:
        assert read_all(cursor, connector)[0] == [], "a deletion that nobody will ever hear of"
    read_all(connector.mark(), connector)
    connector.close()


def test_a_forgotten_token_of_a_round_that_is_too_old_is_lost(marketo, connector, clock, read_all):
    _, _, cursor = read_all()
    under_way = json.loads(connector.pull(cursor).cursor) | {"began_at": clock.now().isoformat()}
    forgotten = json.dumps({**under_way, "tokens": ["FORGOTTEN"] * 3})
    assert read_all(forgotten)[0] == []
    clock.advance(timedelta(days=15))
    with pytest.raises(Lost):
        read_all(forgotten)


@pytest.mark.parametrize(("seconds", "within"), [("20", True), ("0", False)], ids=["protected", "control"])
def test_listening_every_few_seconds_stays_within_the_quota_of_a_day(marketo, clock, seconds, within):
    connector = connect({**marketo.settings, "listen_seconds": seconds}, clock)
    joe, cursor = marketo.create_lead(email="joe@acme.example"), connector.mark()
    heard = []
    for n in range(120):
        if n == 60:
            marketo.visit_page(joe, "https://acme.example/")
        pulled = connector.pull(cursor)
        cursor = pulled.cursor
        heard += [n for record in pulled.records if record.touch]
        clock.advance(timedelta(seconds=5))
    a_day = connector.calls * 24 * 6
    assert (a_day <= 50_000 / 2) is within
    assert len(heard) == 1
    assert heard[0] - 60 <= 4, "heard within twenty seconds"
    connector.close()


def test_from_a_mark_nothing_older_is_told(marketo, connector, clock, read_all):
    joe = marketo.create_lead(email="joe@acme.example")
    clock.advance(timedelta(seconds=1))
    n_calls = connector.calls
    mark = connector.mark()
    assert connector.calls == n_calls, "a mark costs nothing"
    clock.advance(timedelta(seconds=1))
    marketo.visit_page(joe, "https://acme.example/")
    assert [record.touch for record in read_all(mark)[0]] == ["page.viewed"]


def test_a_foreign_cursor_is_refused(connector):
    with pytest.raises(Permanent, match="no cursor of Marketo's"):
        connector.pull("2026-09-01")


@pytest.mark.parametrize("from_the_log", [False, True])
def test_a_merged_lead_points_to_its_winner_and_its_history_moves_there(marketo, connector, read_all, from_the_log):
    mark = connector.mark() if from_the_log else None
    winner = marketo.create_lead(email="joe@acme.example")
    loser = marketo.create_lead(email="joseph@acme.example", phone="+49 30 1234567")
    marketo.visit_page(loser, "https://acme.example/")
    marketo.merge_leads(winner, loser)
    records, _, _ = read_all(mark)
    merged = next(record for record in records if record.id == str(loser))
    assert merged.became == (Ref("Lead", str(winner)),)
    assert not merged.deleted, "it lives on in the winner"
    assert next(record for record in records if record.id == str(winner)).fields["phone"] == "+49 30 1234567"
    assert next(record for record in records if record.touch).refs["person"].id == str(winner)


def test_a_deleted_lead_is_reported(marketo, clock, read_all):
    joe = marketo.create_lead(email="joe@acme.example")
    _, _, cursor = read_all()
    clock.advance(timedelta(hours=1))
    marketo.delete_lead(joe)
    [gone], _, _ = read_all(cursor)
    assert (gone.id, gone.deleted) == (str(joe), True)


def test_a_change_that_reads_do_not_show_yet_comes_in_a_later_round(marketo, clock, read_all):
    joe = marketo.create_lead(email="joe@acme.example", title="CTO")
    clock.advance(timedelta(hours=1))
    _, _, cursor = read_all()
    marketo.faults.delay_reads(60)
    marketo.update_lead(joe, title="CEO")
    clock.advance(timedelta(seconds=30))
    records, _, cursor = read_all(cursor)
    assert "CEO" not in [record.fields.get("title") for record in records]
    clock.advance(timedelta(seconds=60))
    records, _, _ = read_all(cursor)
    assert "CEO" in [record.fields.get("title") for record in records]


def test_outage_rate_and_quota_ask_for_patience(marketo, connector):
    connector.pull(None)
    marketo.faults.outage()
    with pytest.raises(Transient, match="API Temporarily Unavailable"):
        connector.pull(None)
    marketo.faults.outage(on=False)
    marketo.faults.fail_next(606)
    with pytest.raises(Transient) as rate:
        connector.pull(None)
    assert rate.value.retry_after == timedelta(seconds=20)
    marketo.faults.limit(per_day=marketo.faults.calls_today)
    with pytest.raises(Transient) as quota:
        connector.pull(None)
    assert quota.value.retry_after == timedelta(hours=20), "09:00 UTC is 04:00 in Chicago: 20 hours to midnight there"

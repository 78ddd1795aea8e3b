"""Everything that is there, by bulk extract: windows, files in parts, slow jobs, and a reading that was broken off."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from closeloop.connectors.marketo import connect, extract
from closeloop.connectors.marketo.connector import Marketo
from closeloop.ports import Pulled
from closeloop.words.errors import BadInput, Permanent, Transient


@pytest.fixture
def scan_all(connector):
    """Scan to the end, beginning after a place: the pages."""

    def scan(after=None, using=connector):
        pages: list[Pulled] = []
        while not pages or pages[-1].more:
            pages.append(using.scan("Lead", pages[-1].cursor if pages else after))
        return pages

    return scan


@pytest.fixture
def months(marketo, clock):
    """A lead every ten days, for a hundred days."""
    made = []
    for n in range(11):
        made.append(marketo.create_lead(email=f"p{n}@acme.example", firstName="Null", title=f'Of, the\n"{n}"'))
        clock.advance(timedelta(days=10))
    return made


@pytest.fixture
def patient(marketo, clock):
    """A connector for which waiting makes the clock go on."""
    made = connect(marketo.settings, clock)
    since = clock.now()
    yield Marketo(made._rest, since=since, pause=lambda seconds: clock.advance(timedelta(seconds=seconds)))
    made.close()


def spans(marketo):
    jobs = marketo.exports.jobs._jobs.values()
    return [tuple(job.asked["filter"]["createdAt"].values()) for job in jobs if job.kind == "leads"]


def test_a_scan_tells_each_lead_once_and_as_a_pull_does(marketo, connector, clock, read_all, scan_all):
    mark = connector.mark()
    marketo.create_lead(email="joe@acme.example", firstName="Joe", numberOfEmployees=800, unsubscribed=True)
    marketo.create_lead(email="null@acme.example", lastName="Null", closeloopInactive=True, closeloopKey="k-1")
    clock.advance(timedelta(minutes=1))
    pulled = {record.id: record for record in read_all(mark)[0]}
    scanned = [record for page in scan_all() for record in page.records]
    assert len(scanned) == 2
    assert {record.id: record for record in scanned} == pulled
    assert connector.objects() == ("Lead",)
    assert connector.count("Lead") is None


def test_windows_of_31_days_cover_the_time_without_a_gap(marketo, scan_all, months):
    records = [record for page in scan_all() for record in page.records]
    assert sorted(record.id for record in records) == sorted(map(str, months))
    assert records[0].fields["title"] == 'Of, the\n"0"'
    windows = spans(marketo)
    assert len(windows) == 4
    for (_, end), (begin, _) in pairwise(windows):
        assert end < begin
    assert {end[-3:] for _, end in windows[:-1]} == {"59Z"}


@pytest.mark.parametrize(("kept", "year"), [(True, 2026), (False, 2008)], ids=["told", "not told"])
def test_without_since_the_first_new_lead_of_the_log_tells_it_and_else_all_years_are_read(marketo, clock, kept, year):
    connector = connect({**marketo.settings, "since": ""}, clock)
    marketo.instance.log.keeps_new_leads = kept
    clock.advance(timedelta(days=1))
    first = marketo.create_lead(email="first@acme.example")
    clock.advance(timedelta(days=900))
    marketo.create_lead(email="late@acme.example")
    page = connector.scan("Lead", None)
    assert spans(marketo)[0][0].startswith(str(year))
    assert [record.id for record in page.records] == ([str(first)] if kept else [])
    connector.close()


def test_since_spares_looking_for_the_first_lead(marketo, clock, scan_all, months):
    connector = connect({**marketo.settings, "since": "2026-11-20"}, clock)
    records = [record for page in scan_all(using=connector) for record in page.records]
    assert len(records) == 3
    assert spans(marketo)[0][0] == "2026-11-20T00:00:00Z"
    assert marketo.faults.n_calls("GET", "pagingtoken") == 0
    connector.close()


def test_since_must_be_a_day(marketo, clock):
    with pytest.raises(BadInput, match="since = 'spring' is no day; valid is one such as 2019-03-31"):
        connect({**marketo.settings, "since": "spring"}, clock)


def test_a_file_is_read_in_parts_that_end_with_whole_rows(connector, clock, months):
    whole, in_parts = (list(parts(connector, clock.now(), part_bytes)) for part_bytes in (1_000_000, 150))
    assert len(in_parts) > len(whole)
    assert [row for part in in_parts for row in part] == [row for part in whole for row in part]


def parts(connector, now, part_bytes):
    first = now - timedelta(days=111)
    place = extract.Place("leads", first, first, now)
    while place is not None:
        asked = {"fields": ("id", "title", "email")}
        rows, place = extract.next_rows(connector._rest, place, asked, part_bytes)
        if rows:
            yield rows


def test_a_first_load_that_is_killed_goes_on_where_it_was(marketo, clock, months, read_all):
    """Each page is read by a connector of its own, as after a restart; what changes meanwhile follows."""
    for lead in months:
        marketo.visit_page(lead, "https://acme.example/")
    cursor, records, more = None, [], True
    while more:
        connector = connect(marketo.settings, clock)
        pulled = connector.pull(cursor)
        connector.close()
        cursor, more = pulled.cursor, pulled.more
        records += pulled.records
        if len(records) == 4:
            marketo.update_lead(months[0], title="CEO")
    titles = [record.fields["title"] for record in records if record.id == str(months[0])]
    assert titles == ['Of, the\n"0"', "CEO"]
    assert {record.id for record in records if record.object == "Lead"} == set(map(str, months))
    assert len([record for record in records if record.touch == "page.viewed"]) == len(months)
    assert len(records) == 2 * len(months) + 1, "nothing came twice"


def test_control_a_first_load_that_forgets_its_place_reads_all_again(marketo, clock, months, read_all):
    first = connect(marketo.settings, clock)
    begun = first.pull(None).records
    first.close()
    again = {record.id for record in read_all()[0]}
    assert {record.id for record in begun} <= again


def test_a_first_load_does_not_wait_for_a_slow_job_and_asks_for_it_once(marketo, connector, clock, months):
    marketo.exports.jobs.takes = timedelta(minutes=5)
    first = connector.pull(None)
    assert (first.records, first.more) == ((), True)
    with pytest.raises(Transient, match="still making the export") as waiting:
        connector.pull(first.cursor)
    assert waiting.value.retry_after == timedelta(minutes=1)
    clock.advance(timedelta(minutes=6))
    page = connector.pull(first.cursor)
    assert len(page.records) == 4
    assert marketo.faults.n_calls("POST", "create.json") == 1


def test_a_scan_waits_for_its_jobs_since_it_would_begin_anew(patient, marketo, scan_all, months):
    marketo.exports.jobs.takes = timedelta(minutes=5)
    assert len([record for page in scan_all(using=patient) for record in page.records]) == len(months)
    assert marketo.faults.n_calls("POST", "create.json") == 4
    marketo.exports.jobs.takes = timedelta(hours=5)
    with pytest.raises(Transient, match="still making the export"):
        patient.scan("Lead", None)


def test_a_used_up_quota_of_the_day_asks_for_patience_until_it_begins_anew(marketo, connector, clock, months):
    marketo.exports.quota_bytes = 1
    first = connector.pull(None)
    assert first.records
    second = connector.pull(first.cursor)
    assert (second.records, second.more) == ((), True)
    for ask in (lambda: connector.pull(second.cursor), lambda: connector.scan("Lead", None)):
        with pytest.raises(Transient, match="quota") as used_up:
            ask()
        assert used_up.value.retry_after == timedelta(hours=21), "09:00 UTC is 03:00 in Chicago"
    clock.advance(timedelta(days=1))
    assert connector.pull(second.cursor).records


def test_a_full_queue_asks_for_patience(marketo, connector, months):
    marketo.exports.jobs.takes = timedelta(hours=1)
    for _ in range(10):
        connector.pull(None)
    full = connector.pull(None)
    with pytest.raises(Transient, match="Too many jobs") as queue:
        connector.pull(full.cursor)
    assert queue.value.retry_after == timedelta(minutes=1)


def test_a_file_that_the_vendor_threw_away_is_asked_for_anew(marketo, connector, read_all, months):
    marketo.exports.jobs.takes = timedelta(minutes=5)
    first = connector.pull(None)
    marketo.exports.jobs.forget()
    marketo.exports.jobs.takes = timedelta(0)
    records, _, _ = read_all(first.cursor)
    assert len({record.id for record in records}) == len(months)


def test_an_export_that_fails_is_asked_for_again_but_not_for_ever(marketo, connector, scan_all, months):
    marketo.exports.fail_next = 2
    assert len([record for page in scan_all() for record in page.records]) == len(months)
    marketo.exports.fail_next = 9
    with pytest.raises(Permanent, match="failed 3 times to export the leads made between"):
        scan_all()


def test_only_leads_are_scanned_and_a_foreign_place_is_refused(connector):
    with pytest.raises(Permanent, match="no 'Task'"):
        connector.scan("Task", None)
    with pytest.raises(Permanent, match="no place in a scan"):
        connector.scan("Lead", "page 2")

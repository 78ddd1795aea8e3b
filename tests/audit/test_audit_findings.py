"""What an audit says of a small cast that everybody knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from closeloop.audit.dates import date_reader
from closeloop.audit.kinds import kind_of
from closeloop.audit.mailboxes import mailboxes
from closeloop.audit.nouns import Rate
from closeloop.audit.read import Named
from closeloop.audit.run import Audit, audit
from closeloop.audit.ties import Tie, tree
from closeloop.matching.bundle import default_bundle
from support.audit_cast import NOW, others


def rate_of(found: Audit, scope: str) -> Rate:
    return next(rate for rate in found.report.rates if rate.scope == scope)


def test_names_the_rate_of_each_system_and_of_all_together(cast: Audit):
    assert (rate_of(cast, "crm").records, rate_of(cast, "crm").sure) == (45, 2)
    assert (rate_of(cast, "marketing").records, rate_of(cast, "marketing").sure) == (41, 0)
    assert rate_of(cast, "all").sure == 3
    rate = rate_of(cast, "crm")
    assert rate.low is not None
    assert rate.rate is not None
    assert rate.high is not None
    assert rate.low <= 2 / 45 <= rate.high


def test_a_couple_with_one_address_is_a_question_and_a_shared_mailbox(cast: Audit):
    couple = {"Grace Winterbourne", "Henry Winterbourne"}
    assert any({pair.left.name, pair.right.name} == couple for pair in cast.report.cleanup.examples)
    assert [box.address for box in cast.report.mailboxes.examples] == ["us@winterbourne.example"]
    assert cast.report.mailboxes.wrong_merges == 1


def test_control_merged_by_address_alone_the_couple_would_be_one(cast: Audit):
    base = cast.base
    of_address = {entry.email: row for row, entry in enumerate(base.entries) if entry.email}
    base.people = {}
    merged = [of_address.get(entry.email, row) for row, entry in enumerate(base.entries)]
    base.matched = replace(base.matched, cluster=merged)
    assert mailboxes(base).addresses == 0


def test_tells_in_which_way_records_repeat(cast: Audit):
    counted = {kind.kind: kind.records for kind in cast.report.kinds if kind.records}
    assert sum(counted.values()) == 2
    assert set(counted) <= {"same_email", "another_spelling", "another_email"}
    assert all(example.reasons for kind in cast.report.kinds for example in kind.examples)


def test_a_kind_is_the_first_that_fits(cast: Audit):
    joe, again, home, grace = cast.base.entries[:4]
    assert kind_of(joe, joe) == "exact_copy"
    assert kind_of(joe, again) == "same_email"
    assert kind_of(joe, home) == "another_spelling"
    assert kind_of(again, home) == "another_email"
    assert kind_of(joe, replace(joe, email="", company="acme worldwide", given=replace(joe.given, email=""))) == (
        "another_company"
    )
    assert kind_of(grace, replace(grace, email="", given=replace(grace.given, email=""))) == "fewer_values"


def test_says_who_made_the_repetitions_by_date(cast: Audit):
    by_user = {maker.value: maker.repeats for maker in cast.report.makers if maker.by == "user"}
    assert by_user == {"import": 2, "j.sato": 0}
    months = [maker.value for maker in cast.report.makers if maker.by == "month"]
    assert months == sorted(months)


def test_parity_wants_one_record_in_each_system_that_says_the_same(cast: Audit):
    parity = cast.report.parities[0]
    assert (parity.left, parity.right) == ("marketing", "crm")
    assert (parity.known_to_both, parity.once_in_both, parity.agreeing, parity.share) == (1, 0, 0, 0.0)
    assert parity.disagree == {"more than one record": 1}
    assert len(parity.lopsided) == 1
    assert (parity.only_left, parity.only_right) == (40, 42)


def test_reports_are_inflated_by_the_formula_that_is_said(cast: Audit):
    effects = {(effect.effect, effect.scope, effect.title): effect for effect in cast.report.effects}
    leads = effects["leads", "crm", "People in CRM"]
    assert (leads.by_records, leads.by_people, leads.change) == (45, 43, pytest.approx(45 / 43 - 1))
    fair = effects["sourced_by", "crm", "Fair"]
    assert (fair.n_records, fair.n_people, fair.change) == (2, 0, None)
    conversion = effects["conversion", "crm", "Conversion in CRM"]
    assert conversion.change == pytest.approx((1 / 43) / (1 / 45) - 1)
    assert all(effect.formula for effect in cast.report.effects)


def test_leads_find_their_contact_and_account(cast: Audit):
    leads = cast.report.leads
    assert leads is not None
    assert (leads.leads, leads.known_contacts) == (41, 1)
    assert leads.leads == leads.known_contacts + leads.at_known_accounts + leads.asked + leads.new


def test_the_plan_leaves_asks_and_merges_every_record_once(cast: Audit):
    plan = cast.report.cleanup
    assert (plan.merge_records, plan.merge_people) == (3, 1)
    assert plan.merge_records + plan.ask_records + plan.leave == 86


def test_every_field_of_every_system_is_judged(cast: Audit):
    for field in cast.report.validity:
        records = rate_of(cast, field.system).records
        assert field.valid + field.doubtful + field.invalid + field.blank == records
    assert {field.field for field in cast.report.validity} == {"email", "phone", "name", "company", "title"}


@pytest.mark.parametrize(
    ("column", "value", "read"),
    [
        (["31/01/2026"], "02/03/2026", "2026-03-02 00:00"),
        (["01/31/2026"], "02/03/2026 9:05", "2026-02-03 09:05"),
        (["01/02/2026"], "02/03/2026", ""),
        ([], "2026-03-02T10:00:00Z", "2026-03-02 10:00"),
        ([], "soon", ""),
    ],
)
def test_a_date_is_read_only_in_an_order_that_the_column_shows(column: list[str], value: str, read: str):
    assert date_reader(column)(value) == read


def test_a_tree_reaches_every_record_by_its_heaviest_ties():
    ties = [Tie(0, 1, 9.0), Tie(1, 2, 8.0), Tie(0, 2, 7.0), Tie(7, 0, 6.0)]
    told = tree(0, [0, 1, 2, 5], ties, lambda _left, _right: -1.0)
    assert told == [Tie(0, 1, 9.0), Tie(1, 2, 8.0), Tie(0, 5, -1.0)]


def test_files_of_one_name_are_told_apart(export: Callable[..., Path], tmp_path: Path):
    one = export("people.csv", others("a"))
    other = tmp_path / "crm" / "people.csv"
    other.parent.mkdir()
    other.write_bytes(one.read_bytes())
    found = audit([Named(one, "marketing"), Named(other, "crm")], default_bundle(), NOW)
    assert [file.name for file in found.report.files] == [str(one), str(other)]
    assert found.report.parities[0].share == 1.0


def test_an_export_with_columns_swapped_half_way_is_told(export: Callable[..., Path]):
    rows = [list(row) for row in others("a", 200)]
    for row in rows[100:]:
        row[3], row[5] = row[5], row[3]
    found = audit([Named(export("crm.csv", rows))], default_bundle(), NOW)
    told = {each.header: each.what for each in found.report.breaks}
    assert "line 10" in told["Email"]

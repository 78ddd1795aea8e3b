"""Switched on between two systems, one full of duplicates: nothing happens that the plan did not say (F12)."""

from __future__ import annotations

import pytest

from closeloop.inbox.nouns import Click
from closeloop.words.errors import BadInput
from support.plan_crowd import COUNTRIES, crowd, made_rows

FEW = 60


def test_predicts_merges_and_refusals_too_and_a_second_plan_is_empty(database_url: str):
    with crowd(database_url, made_rows(300, twice=0.15)) as switch:
        there = len(switch.crm.records("Contact")), len(switch.ma.leads())
        plan = switch.plan()
        crm, ma = plan.counts["crm"], plan.counts["ma"]
        assert all(crm[kind] > 0 for kind in ("update", "merge", "refused"))
        assert all(ma[kind] > 0 for kind in ("create", "update"))
        assert any(change.field == "account" for line in plan.lines for change in line.changes if line.loser)
        assert plan.n_links == len(plan.linked) > 0
        with pytest.raises(BadInput, match=f"crm: {crm['merge']} merge, and at most {crm['merge'] - 1} are allowed"):
            switch.apply(plan, {"crm": {"merge": crm["merge"] - 1}})
        assert (len(switch.crm.records("Contact")), len(switch.ma.leads())) == there
        applied = switch.apply(plan, {})
        assert (applied.unlike, applied.left) == ((), 0)
        assert applied.done == plan.counts
        assert applied.calls == plan.calls
        again = switch.plan()
        assert (again.lines, again.n_links) == ((), 0)


def test_a_link_that_is_undone_is_neither_told_nor_merged(database_url: str):
    with crowd(database_url, made_rows(FEW, twice=0.3)) as switch:
        before = switch.plan()
        judged = [each for each in before.linked if each.id]
        assert all("bits" in each.why and each.one and each.other for each in judged)
        merge = next(line for line in before.lines if line.verb == "merge" and judged[0].id in line.key)
        switch.hub.click(Click("unlink", judged[0].id, "", "Ada"))
        after = switch.plan()
        assert {each.id for each in before.linked} - {each.id for each in after.linked} == {judged[0].id}
        assert merge.key not in {line.key for line in after.lines}


def test_control_what_somebody_edits_meanwhile_stops_the_whole_plan(database_url: str):
    with crowd(database_url, made_rows(FEW, twice=0.15)) as switch:
        plan = switch.plan()
        line = next(each for each in plan.lines if (each.source, each.verb) == ("ma", "update"))
        switch.ma.update_lead(int(line.record_id or 0), **{change.field: "edited" for change in line.changes})
        with pytest.raises(BadInput, match="the world has moved since the plan was made, so nothing was sent"):
            switch.apply(plan, {})


def test_control_what_a_system_refuses_all_the_same_is_told_as_unlike_the_plan(database_url: str):
    with crowd(database_url, made_rows(FEW, twice=0.15)) as switch:
        plan = switch.plan()
        switch.crm.schema.set_choices("Contact", "MailingCountry", *COUNTRIES[1:])
        applied = switch.apply(plan, {})
        n = plan.counts["crm"]["refused"]
        assert applied.done["crm"]["refused"] > n
        assert f"crm: {n} refused planned, {applied.done['crm']['refused']} done" in applied.unlike

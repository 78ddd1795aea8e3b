"""Every connector tells who may own records there, and who no more; where there are no owners it asks nobody."""

from __future__ import annotations

import pytest


@pytest.mark.needs("owns")
def test_owners_are_told_with_their_address_whether_they_are_active_or_not(stage):
    names = [f"{stage.tag.title()}{letter}" for letter in "abcdefg"]
    ids = [stage.hire(name) for name in names]
    stage.dismiss(ids[2])
    told = {owner.id: owner for owner in stage.connector.owners()}
    assert [told[id_].name for id_ in ids] == names
    assert [told[id_].active for id_ in ids] == [True, True, False, True, True, True, True]
    assert {told[id_].kind for id_ in ids} == {"user"}
    assert [told[id_].email for id_ in ids] in ([f"{name.lower()}@acme.example" for name in names], [None] * 7)


@pytest.mark.needs("-owns")
def test_without_owners_nobody_is_told_and_nothing_is_asked(stage):
    before = stage.connector.calls
    assert (list(stage.connector.owners()), stage.connector.calls) == ([], before)

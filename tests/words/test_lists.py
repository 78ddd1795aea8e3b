"""A report can say how old the lists are on which it rests."""

from __future__ import annotations

import re

from closeloop.words.lists import list_versions


def test_each_list_tells_its_package_and_version():
    versions = list_versions()
    assert {"public suffixes", "free mail domains", "throw-away mail domains", "nicknames"} <= set(versions)
    assert all(re.fullmatch(r"[a-z-]+ \d+(\.\d+)+", version) for version in versions.values())


def test_the_public_suffixes_tell_the_day_of_their_edition():
    assert re.search(r"\.20\d{6}\Z", list_versions()["public suffixes"])

"""Sums of a part of the base made anew are those that every person's touches give one by one, digit for digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import Connection

from closeloop.process.nouns import Process, ScoreLine
from closeloop.profile import store
from closeloop.profile.nouns import ScoreSum, Touch
from closeloop.profile.store.anew import rebuild_part
from support.small_process import rule, small_process

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONDITIONS = (
    "topic in ['pricing', 'demo']", "campaign starts with 'sp' or not (source == 'form')", "product == 'robot'",
    "missing(topic)", "depth >= 2", "url starts with '/robot'",
)  # fmt: skip


def process() -> Process:
    half_lives = (None, timedelta(days=14), timedelta(hours=5))
    lines = [
        ScoreLine(f"interest[{n}]", n + 0.1, rule(text), "page.viewed", 30, half_lives[n % 3])
        for n, text in enumerate(CONDITIONS)
    ]
    return replace(small_process(), interest=(*lines, ScoreLine("interest[9]", 5, None, "email.clicked", None, None)))


def touches(random: Random) -> list[Touch]:
    return [
        Touch(
            f"t{n}", random.choice(["ann", "joe", "joseph", None]), None, True,
            random.choice(["page.viewed", "email.clicked", "form.submitted"]), AT + random.randrange(40) * HOUR,
            random.choice(["form", "ma"]), random.choice([None, "spring", "Ünder'line"]),
            random.choice([None, "robot", "sensor"]), random.choice([None, "pricing", "news"]),
            random.choice([None, 1, 3]), random.choice([None, "/robot/a?x=1", "/blog"]),
            random.choice([None, None, None, "sato"]), {},
        )
        for n in range(200)
    ]  # fmt: skip


def held(connection: Connection) -> dict[str, list[ScoreSum]]:
    return store.load_sums(connection, ["ann", "joe"])


def test_they_are_what_each_persons_touches_give(database, linked):
    linked(ann=("person", "ann"), joe=("person", "joe"), joseph=("person", "joe"), firm=("account", "firm"))
    known = process()
    with database.write() as connection:
        store.save_touches(connection, touches(Random(3)))
        store.save_sums(connection, [ScoreSum("ann", "", "interest[7]", 3.0, AT, 1)])  # of a line that is gone
        lines = [*(line.id for line in known.interest), "interest[7]"]
        made = rebuild_part(connection, known, lines, "", "z")
        ours = held(connection)
        store.rebuild(connection, ["ann", "joe", "joseph"], known)
        assert ours == held(connection)
        assert made.changed == {"ann", "joe"}
        assert made.by_row == {
            "interest[4]": "depth of a touch is read by Python", "interest[5]": "url of a touch is read by Python",
        }  # fmt: skip
        assert rebuild_part(connection, known, lines, "", "z").changed == set()


def test_only_the_lines_and_the_people_that_are_named_are_made_anew(database, linked):
    linked(ann=("person", "ann"), joe=("person", "joe"))
    with database.write() as connection:
        store.save_touches(connection, touches(Random(3)))
        assert rebuild_part(connection, process(), ["interest[9]"], "ann", "z").changed == {"joe"}
        assert {each.line for sums in held(connection).values() for each in sums} == {"interest[9]"}
        assert "ann" not in held(connection)

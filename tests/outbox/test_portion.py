"""Enough commands of one kind go as one bulk job, and what is hot never waits for one."""

from __future__ import annotations

from dataclasses import replace

from closeloop.outbox.lanes import BACKFILL, HOT, ORDINARY
from closeloop.outbox.nouns import Posted
from closeloop.outbox.plans import calls_of
from closeloop.outbox.portion import job_of, portion_of
from closeloop.ports import Ref, Verb
from support.counted_end import CountedEnd, Vendor
from support.outgoing import AT, planned


class Jobs(CountedEnd):
    """Takes one call a command, or four a bulk job of alike ones."""

    bulk_size, bulk_from = 100, 6

    def cost(self, commands):
        return 4 if len(commands) > self.batch_size and commands[0].verb is not Verb.TELL else len(commands)


END = Jobs(Vendor(), batch_size=5)


def waiting(n, verb=Verb.UPDATE, lane=ORDINARY, name="k", object_="Lead"):
    return [
        Posted(planned(f"{name}{k:03}", verb, person_id=None, ref=Ref(object_, str(k))), "waiting", 0, AT, lane=lane)
        for k in range(n)
    ]


def keys(portion):
    return [each.planned.command.key for each in portion.posted]


def test_enough_of_a_kind_go_as_one_job_and_fewer_in_batches():
    assert portion_of(waiting(5), END).as_job is False
    many = portion_of(waiting(6), END)
    assert (len(many.posted), many.as_job) == (6, True)
    assert len(portion_of(waiting(150), END).posted) == END.bulk_size


def test_what_is_hot_goes_by_itself_and_never_as_a_job():
    found = portion_of([*waiting(2, lane=HOT, name="hot"), *waiting(50)], END)
    assert (keys(found), found.as_job) == (["hot000", "hot001"], False)
    assert portion_of(waiting(50, lane=HOT), END) == portion_of(waiting(5, lane=HOT), END)


def test_a_job_holds_one_kind_of_one_lane_and_a_batch_what_makes_no_job():
    mixed = [*waiting(3, name="a", object_="Account"), *waiting(50), *waiting(50, lane=BACKFILL, name="late")]
    batch = portion_of(mixed, END)
    assert (keys(batch), batch.as_job) == (["a000", "a001", "a002"], False)
    job = portion_of(mixed[3:], END)
    assert (len(job.posted), {each.lane for each in job.posted}, job.as_job) == (50, {ORDINARY}, True)


def test_a_job_that_saves_no_call_is_none():
    assert portion_of(waiting(50, Verb.TELL), END).as_job is False
    assert job_of(waiting(4), END) == portion_of(waiting(4), END)
    assert job_of(waiting(50), END).as_job is True
    assert len(job_of(waiting(50, Verb.TELL), END).posted) == END.batch_size


class Singly(Jobs):
    """Takes its jobs of creates only in part: of every hundred commands all but four go one by one."""

    def cost(self, commands):
        return len(commands) * 96 // 100 if len(commands) > self.batch_size else len(commands)


def test_a_job_that_is_mostly_single_calls_is_none_unless_somebody_asks_for_jobs():
    end = Singly(Vendor(), batch_size=5)
    assert end.cost([each.planned.command for each in waiting(50)]) == 48
    assert portion_of(waiting(50), end) == portion_of(waiting(50)[:5], END)
    assert job_of(waiting(50), end).as_job is True


def test_a_plan_foresees_the_calls_of_jobs_and_says_that_they_may_be_more():
    tells = waiting(7, Verb.TELL, name="tell")
    assert calls_of([*tells, *waiting(50)], END) == (5 + 2 + 4, True)
    assert calls_of(waiting(5), END) == (5, False)


def test_of_one_person_one_command_goes_at_a_time_in_jobs_too():
    twice = [replace(each, planned=replace(each.planned, person_id=str(n % 10))) for n, each in enumerate(waiting(20))]
    assert calls_of(twice, END) == (8, True)

"""A refused call is halved down to its bad rows; a call whose answer is lost is not, since it may have been done."""

from __future__ import annotations

import pytest

from closeloop.connectors.tryton.halving import halved
from closeloop.connectors.tryton.judging import Refused, Stale, Unreached


@pytest.mark.parametrize("refusal", [Refused("no"), Stale("late")])
def test_only_the_bad_rows_fail_and_few_calls_find_them(refusal):
    calls = []

    def send(rows):
        calls.append(len(rows))
        if 5 in rows:
            raise refusal
        return [row * 10 for row in rows]

    assert halved(list(range(8)), send) == [0, 10, 20, 30, 40, refusal, 60, 70]
    assert calls == [8, 4, 4, 2, 1, 1, 2]


def test_a_lost_answer_is_the_answer_to_every_row_and_nothing_is_sent_again():
    lost, calls = Unreached("gone"), []

    def send(rows):
        calls.append(len(rows))
        raise lost

    assert halved([1, 2, 3], send) == [lost, lost, lost]
    assert calls == [3]


def test_nothing_to_send_is_not_sent():
    assert halved([], pytest.fail) == []

"""A condition is declared once and says the same in Python and in DuckDB."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.matching.conditions import read_condition
from closeloop.words.errors import BadInput

CONDITIONS = (
    ["equal", "a"],
    ["jaro_winkler", "a", 0.9],
    ["edits", "a", 1],
    ["starts", "a"],
    ["shares", "a"],
    ["initial", "a"],
    ["crossed", "a", "b"],
    ["meets", "a", "b"],
    ["same", "b"],
    ["within", "n", 1],
    ["known", "a"],
    ["missing", "b"],
    ["not", ["equal", "a"]],
    ["all", ["known", "a"], ["not", ["any", ["equal", "b"], ["jaro_winkler", "a", 0.85]]]],
)

words = st.text(alphabet="abcé李 |", min_size=1, max_size=6)
rows = st.fixed_dictionaries({}, optional={"a": words, "b": words, "n": st.integers(0, 9).map(str)})


@given(pairs=st.lists(st.tuples(rows, rows), min_size=1, max_size=30))
def test_python_and_sql_agree_on_every_pair(pairs):
    table = pa.table(
        {
            f"{column}_{side}": pa.array([pair[at].get(column) for pair in pairs], pa.string())
            for column in ("a", "b", "n")
            for at, side in enumerate("lr")
        }
    )
    read = [read_condition(declared) for declared in CONDITIONS]
    sql = ", ".join(f"coalesce({condition.sql}, false)" for condition in read)
    with duckdb.connect() as connection:
        connection.register("pairs", table)
        answers = connection.sql(f"select {sql} from pairs").fetchall()
    assert answers == [tuple(condition.test(left, right) for condition in read) for left, right in pairs]


@given(left=rows, right=rows)
def test_no_condition_depends_on_the_order_of_the_two(left, right):
    for declared in CONDITIONS:
        condition = read_condition(declared)
        assert condition.test(left, right) == condition.test(right, left), declared


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (["alike", "a"], "valid are lists that begin with equal"),
        ([], "is not a condition"),
        (["equal"], "it takes 1 column"),
        (["equal", "a; drop table"], "is not a column"),
        (["jaro_winkler", "a", "0.9"], "is not a number"),
        (["all"], "it needs conditions"),
        (["else", "a"], "else takes nothing"),
    ],
)
def test_what_is_no_condition_is_refused_and_named(declared, says):
    with pytest.raises(BadInput, match=says):
        read_condition(declared)

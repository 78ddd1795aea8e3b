"""Laws of the language, on random conditions over random people."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from closeloop.rules import Rule, Vocabulary, parse, tree, write
from closeloop.words.errors import RuleError
from closeloop.words.money import Money

DEAL = {"open": "boolean", "product": "text", "n": "number"}
NAMES = {"a": "number", "b": "number", "t": "text", "u": "text", "p": "boolean", "m": "money", "at": "moment",
         "any": "any", "product": "text", "n": "number"}  # fmt: skip
KNOWN = Vocabulary(NAMES, {"opportunity": DEAL}, largest=100_000, deepest=1_000)

texts = st.text(max_size=6)
numbers = st.integers(0, 2**53) | st.floats(0, 1e15)
moneys = st.builds(Money, st.integers(-(10**9), 10**9), st.sampled_from(["EUR", "JPY", "KWD"]))
spans = st.integers(0, 10**6).map(lambda n: timedelta(seconds=n))


def leaf(kind, values):
    names = st.sampled_from([name for name, of in NAMES.items() if of == kind]).map(lambda name: tree.Name(name, kind))
    return names | values.map(lambda value: tree.Constant(value, kind))


def numeric(depth):
    if depth == 0:
        return leaf("number", numbers)
    below = numeric(depth - 1)
    return below | st.builds(tree.Arithmetic, st.sampled_from("+-*/"), below, below) | st.builds(tree.Negative, below)


def conditions(depth):
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    equal = st.sampled_from(["==", "!="])
    base = st.one_of(
        leaf("boolean", st.booleans()),
        st.builds(tree.Compare, signs, numeric(2), numeric(1)),
        st.builds(tree.Compare, signs, leaf("text", texts), leaf("text", texts)),
        st.builds(tree.Compare, signs, leaf("money", moneys), leaf("money", moneys)),
        st.builds(tree.Compare, signs, st.just(tree.Name("at", "moment")), st.builds(
            tree.Ago, spans.map(lambda span: tree.Constant(span, "duration")))),
        st.builds(tree.Compare, equal, st.just(tree.Name("any", "any")), leaf("text", texts) | numeric(1)),
        st.builds(tree.In, leaf("text", texts), st.lists(
            texts.map(lambda text: tree.Constant(text, "text")), min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(tree.StartsWith, leaf("text", texts), texts),
        st.builds(tree.Missing, numeric(1)),
        st.builds(tree.Check, st.sampled_from(["valid", "disposable"]), leaf("text", texts)),
        st.sampled_from(sorted(NAMES)).map(tree.Verified),
        st.builds(tree.Exists, st.just("opportunity"), st.none() | st.sampled_from([
            tree.RecordName("opportunity", "open", "boolean"), tree.Same("opportunity", ("product", "n")),
            tree.Compare("<", tree.RecordName("opportunity", "n", "number"), tree.Name("a", "number"))])),
    )  # fmt: skip
    if depth == 0:
        return base
    below = conditions(depth - 1)
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    return base | st.builds(tree.Not, below) | st.builds(tree.And, several) | st.builds(tree.Or, several)


class Anyone:
    now = datetime(2026, 9, 1, tzinfo=UTC)

    def __init__(self, values, deals, confirmed):
        self.values, self.deals, self.confirmed = values, deals, confirmed

    def get(self, name):
        return self.values.get(name)

    def related(self, entity):
        return self.deals

    def verified(self, name):
        return name in self.confirmed


odd = st.none() | st.booleans() | st.integers() | st.floats() | texts | moneys | spans
kinds = {"number": st.integers() | st.floats(), "text": texts, "boolean": st.booleans(), "money": moneys,
         "moment": st.datetimes(timezones=st.just(UTC)), "any": odd}  # fmt: skip
people = st.builds(
    Anyone,
    st.fixed_dictionaries({}, optional={name: kinds[kind] | odd for name, kind in NAMES.items()}),
    st.lists(st.fixed_dictionaries({}, optional={"open": odd, "product": odd, "n": odd}), max_size=2),
    st.sets(st.sampled_from(sorted(NAMES))),
)


def rule_of(node):
    return Rule(write(node), node, "boolean")


@given(conditions(2))
def test_a_tree_written_as_text_reads_as_the_same_tree(node):
    assume(len(write(node)) <= 2_000)
    assert parse(write(node), KNOWN).tree == node


@given(conditions(1), conditions(1), people)
def test_de_morgan_holds_because_every_condition_is_true_or_false(left, right, person):
    neither = rule_of(tree.Not(tree.Or((left, right))))
    both_not = rule_of(tree.And((tree.Not(left), tree.Not(right))))
    assert neither.test(person) is both_not.test(person)
    assert rule_of(tree.Not(left)).test(person) is not rule_of(left).test(person)


@given(conditions(2), people)
def test_a_condition_never_raises_and_its_parts_explain_it(node, person):
    rule = rule_of(node)
    holds = rule.test(person)
    parts = [why.holds for why in rule.explain(person)]
    assert holds is (any(parts) if rule.joined == "or" else all(parts))


@given(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numeric(2), people)
def test_what_is_missing_compares_with_nothing(sign, node, person):
    for name, kind in NAMES.items():
        if kind == "number":
            person.values.pop(name, None)
    absent = rule_of(tree.Compare(sign, tree.Name("a", "number"), node))
    assert not absent.test(person)


@given(people)
def test_only_one_of_less_equal_greater_holds(person):
    holds = [parse(f"a {sign} b", KNOWN).test(person) for sign in ("<", "==", ">")]
    assert sum(holds) <= 1


@settings(max_examples=400)
@given(st.text(alphabet=st.sampled_from("atupm 'ndor()[],<>=!+-*/.019dhmissg\"\n\0é"), max_size=60) | st.text())
def test_any_text_is_a_condition_or_a_rule_error(text):
    try:
        parse(text, KNOWN)
    except RuleError as error:
        column = error.column
    else:
        column = 1
    assert 1 <= column <= len(text) + 1


@given(conditions(1), st.integers(0, 200), st.integers(0, 200))
def test_a_damaged_condition_is_a_condition_or_a_rule_error(node, start, length):
    text = write(node)
    damaged = text[:start] + text[start + length :]
    with suppress(RuleError):
        parse(damaged, KNOWN)

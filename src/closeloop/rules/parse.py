"""Text to rule: recursive descent, checking names and kinds as it goes, so that what loads can be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from closeloop.rules import tree
from closeloop.rules.kinds import Typed, arithmetic_kind, comparable
from closeloop.rules.rule import Rule
from closeloop.rules.tokens import RESERVED, Token, cut
from closeloop.rules.vocabulary import Vocabulary
from closeloop.words.errors import BadInput, RuleError
from closeloop.words.money import parse_money

_SIGNS = get_args(tree.Comparison)


def parse(text: str, vocabulary: Vocabulary, *, wanted: tree.Kind | None = "boolean") -> Rule:
    """Read a condition and check it against what it may speak of.

    Args:
        text: the condition; at most 2,000 characters.
        vocabulary: the names known where it stands.
        wanted: the kind it must answer; None takes any (an expression).

    Raises:
        RuleError: with the column, what is wrong there, and what would be valid.
    """
    reader = _Reader(text, vocabulary)
    read = reader.whole()
    if wanted is not None and read.kind not in (wanted, "any"):
        raise RuleError(text, 1, f"this answers a {read.kind}; valid is a {wanted}, such as a comparison")
    return Rule(text, read.node, read.kind)


class _Reader:
    """Reads one text from left to right; `_entity` is the related record while inside exists()."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._tokens = cut(text)
        self._at = 0
        self._level = 0
        self._entity: str | None = None

    def whole(self) -> Typed:
        read = self._or()
        if self._next.sort != "end":
            raise self._wrong(
                f"{self._next.spelling} does not follow here; valid are and, or, a comparison, or the end"
            )
        return read

    def _or(self) -> Typed:
        return self._joined("or", self._and, tree.Or)

    def _and(self) -> Typed:
        return self._joined("and", self._not, tree.And)

    def _joined(self, word: str, below: Callable[[], Typed], node: type[tree.And | tree.Or]) -> Typed:
        first = below()
        if not self._is("name", word):
            return first
        parts = [self._condition(first)]
        while self._take("name", word):
            parts.append(self._condition(below()))
        return self._made(node(tuple(part.node for part in parts)), "boolean", first.column, *parts)

    def _not(self) -> Typed:
        column = self._next.column
        if not self._take("name", "not"):
            return self._comparison()
        self._deeper()
        part = self._condition(self._not())
        self._level -= 1
        return self._made(tree.Not(part.node), "boolean", column, part)

    def _comparison(self) -> Typed:
        left = self._sum()
        read = self._compared(left)
        if read is not left and self._next.sort == "mark" and self._next.value in _SIGNS:
            raise self._wrong("comparisons cannot be chained; valid is 'a < b and b < c'")
        return read

    def _compared(self, left: Typed) -> Typed:
        sign = self._next
        if sign.sort == "mark" and sign.value in _SIGNS:
            self._at += 1
            right = self._sum()
            if reason := comparable(str(sign.value), left.kind, right.kind):
                raise self._wrong(reason, sign)
            return self._made(tree.Compare(_sign(sign), left.node, right.node), "boolean", left.column, left, right)
        if self._is("name", "starts", "starts_with"):
            return self._starts_with(left)
        if self._take("name", "in"):
            return self._in(left, negated=False)
        if self._is("name", "not") and self._tokens[self._at + 1].value == "in":
            self._at += 2
            return self._in(left, negated=True)
        return left

    def _starts_with(self, left: Typed) -> Typed:
        word = self._next
        self._at += 1
        if word.value == "starts":
            self._take("mark", "-")
            if not self._take("name", "with"):
                raise self._wrong("'starts' needs 'with'; valid is: url starts with '/robot'")
        if left.kind not in ("text", "any"):
            raise self._wrong(f"'starts with' is asked of a text, this is a {left.kind}", word)
        if self._next.sort != "text":
            raise self._wrong(f"{self._next.spelling} is no text; valid is a text in quotes, such as '/robot'")
        prefix = str(self._next.value)
        self._at += 1
        return self._made(tree.StartsWith(left.node, prefix), "boolean", left.column, left)

    def _in(self, left: Typed, *, negated: bool) -> Typed:
        self._need("[")
        options = [self._option(left)]
        while self._take("mark", ","):
            options.append(self._option(left))
        self._need("]")
        node = tree.In(left.node, tuple(_constant(option) for option in options), negated)
        return self._made(node, "boolean", left.column, left, *options)

    def _option(self, left: Typed) -> Typed:
        token = self._next
        option = self._signed()
        match option.node:
            case tree.Constant():
                pass
            case tree.Negative(tree.Constant(int() | float() as number, "number")):
                option = self._made(tree.Constant(-number, "number"), "number", token.column)
            case _:
                raise self._wrong("a list holds written values only; valid is ['DE', 'AT'] or [1, 2]", token)
        if reason := comparable("==", left.kind, option.kind):
            raise self._wrong(reason, token)
        return option

    def _sum(self) -> Typed:
        return self._operations(self._product, "+", "-")

    def _product(self) -> Typed:
        return self._operations(self._signed, "*", "/")

    def _operations(self, below: Callable[[], Typed], *signs: str) -> Typed:
        left = below()
        while self._is("mark", *signs):
            sign = self._next
            self._at += 1
            right = below()
            kind = arithmetic_kind(str(sign.value), left.kind, right.kind)
            if kind is None:
                raise self._wrong(f"a {left.kind} and a {right.kind} do not go together by {sign.spelling}", sign)
            left = self._made(tree.Arithmetic(_operation(sign), left.node, right.node), kind, left.column, left, right)
        return left

    def _signed(self) -> Typed:
        sign = self._next
        if not self._take("mark", "-"):
            return self._atom()
        self._deeper()
        value = self._signed()
        self._level -= 1
        if value.kind not in ("number", "duration", "money", "any"):
            raise self._wrong(f"'-' is not for a {value.kind}", sign)
        return self._made(tree.Negative(value.node), value.kind, sign.column, value)

    def _atom(self) -> Typed:
        token = self._next
        self._at += token.sort != "end"
        match token.sort:
            case "text":
                return self._made(tree.Constant(token.value, "text"), "text", token.column)
            case "number":
                return self._made(tree.Constant(token.value, "number"), "number", token.column)
            case "span":
                return self._made(tree.Constant(token.value, "duration"), "duration", token.column)
            case "name" if token.value in ("true", "false"):
                return self._made(tree.Constant(token.value == "true", "boolean"), "boolean", token.column)
            case "name" if token.value in RESERVED:
                raise self._wrong(f"{token.spelling} cannot stand here; valid is a name, a value or a condition", token)
            case "name":
                return self._call(token) if self._is("mark", "(") else self._name(token)
            case "mark" if token.value == "(":
                self._deeper()
                inner = self._or()
                self._need(")")
                self._level -= 1
                return inner
        raise self._wrong(f"{token.spelling} cannot stand here; valid is a name, a value or a condition", token)

    def _name(self, token: Token) -> Typed:
        name, known = str(token.value), self._vocabulary
        if self._entity is not None and name in known.related[self._entity]:
            kind = known.related[self._entity][name]
            return self._made(tree.RecordName(self._entity, name, kind), kind, token.column)
        if name in known.names:
            return self._made(tree.Name(name, known.names[name]), known.names[name], token.column)
        if name in known.facts:
            fact = known.facts[name]
            return self._measured(tree.Fact(name, fact.tree), fact.kind, token.column, fact.depth, fact.size)
        own = known.related[self._entity] if self._entity else {}
        raise self._wrong(known.unknown("name", name, {**own, **known.names, **known.facts}), token)

    def _call(self, token: Token) -> Typed:
        calls: dict[str, Callable[[Token], Typed]] = {
            "missing": self._missing, "exists": self._exists, "same": self._same, "ago": self._ago,
            "money": self._money, "valid": self._check, "disposable": self._check, "verified": self._verified,
        }  # fmt: skip
        if str(token.value) not in calls:
            raise self._wrong(self._vocabulary.unknown("function", str(token.value), calls), token)
        self._need("(")
        self._deeper()
        read = calls[str(token.value)](token)
        self._need(")")
        self._level -= 1
        return read

    def _missing(self, token: Token) -> Typed:
        value = self._sum()
        return self._made(tree.Missing(value.node), "boolean", token.column, value)

    def _exists(self, token: Token) -> Typed:
        if self._entity is not None:
            raise self._wrong(
                "exists() cannot stand inside exists(); valid is a named fact, or two joined by and", token
            )
        entity = self._word("a related record")
        if entity.value not in self._vocabulary.related:
            raise self._wrong(
                self._vocabulary.unknown("related record", str(entity.value), self._vocabulary.related), entity
            )
        name = str(entity.value)
        if not self._take("mark", ","):
            return self._made(tree.Exists(name, None), "boolean", token.column)
        self._entity = name
        condition = self._condition(self._or())
        self._entity = None
        return self._made(tree.Exists(name, condition.node), "boolean", token.column, condition)

    def _same(self, token: Token) -> Typed:
        if self._entity is None:
            raise self._wrong("same() compares with a related record; valid only inside exists(entity, …)", token)
        known, own = self._vocabulary, self._vocabulary.related[self._entity]
        both = {name: kind for name, kind in own.items() if name in known.names}
        names: list[str] = []
        while not names or self._take("mark", ","):
            word = self._word("a name")
            if word.value not in both:
                raise self._wrong(known.unknown("name that both sides have", str(word.value), both), word)
            names.append(str(word.value))
        return self._made(tree.Same(self._entity, tuple(names)), "boolean", token.column)

    def _ago(self, token: Token) -> Typed:
        span = self._sum()
        if span.kind not in ("duration", "any"):
            raise self._wrong(f"ago() takes a span, this is a {span.kind}; valid is ago(365d)", token)
        return self._made(tree.Ago(span.node), "moment", token.column, span)

    def _money(self, token: Token) -> Typed:
        amount = self._next
        if amount.sort != "text":
            raise self._wrong("money() takes a text; valid is money('5000 EUR')")
        self._at += 1
        try:
            value = parse_money(str(amount.value))
        except BadInput as error:
            raise RuleError(self._text, amount.column, str(error)) from None
        return self._made(tree.Constant(value, "money"), "money", token.column)

    def _check(self, token: Token) -> Typed:
        value = self._sum()
        if value.kind not in ("text", "any"):
            what = f"{token.value}() takes an e-mail address, this is a {value.kind}; valid is {token.value}(email)"
            raise self._wrong(what, token)
        node = tree.Check("valid" if token.value == "valid" else "disposable", value.node)
        return self._made(node, "boolean", token.column, value)

    def _verified(self, token: Token) -> Typed:
        word = self._word("a name")
        if word.value not in self._vocabulary.names:
            raise self._wrong(self._vocabulary.unknown("name", str(word.value), self._vocabulary.names), word)
        return self._made(tree.Verified(str(word.value)), "boolean", token.column)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is(self, sort: str, *values: str) -> bool:
        return self._next.sort == sort and self._next.value in values

    def _take(self, sort: str, value: str) -> bool:
        taken = self._is(sort, value)
        self._at += taken
        return taken

    def _need(self, mark: str) -> None:
        if not self._take("mark", mark):
            raise self._wrong(f"{self._next.spelling} stands where '{mark}' is needed")

    def _word(self, what: str) -> Token:
        token = self._next
        if token.sort != "name" or token.value in RESERVED:
            raise self._wrong(f"{token.spelling} stands where {what} is needed")
        self._at += 1
        return token

    def _condition(self, part: Typed) -> Typed:
        if part.kind not in ("boolean", "any"):
            raise self._wrong_at(part.column, f"this is a {part.kind}, not a condition; valid is a comparison")
        return part

    def _deeper(self) -> None:
        # Bounds the reader's own recursion, before there is a tree to measure.
        self._level += 1
        if self._level > self._vocabulary.deepest:
            raise self._wrong(f"nested too deep; valid are at most {self._vocabulary.deepest} levels")

    def _made(self, node: tree.Node, kind: tree.Kind, column: int, *below: Typed) -> Typed:
        depth = max((part.depth for part in below), default=0)
        return self._measured(node, kind, column, depth, sum(part.size for part in below))

    def _measured(self, node: tree.Node, kind: tree.Kind, column: int, depth: int, size: int) -> Typed:
        if depth >= self._vocabulary.deepest:
            raise self._wrong_at(
                column, f"nested too deep; at most {self._vocabulary.deepest} levels, facts spelled out"
            )
        if size >= self._vocabulary.largest:
            raise self._wrong_at(column, f"too large; at most {self._vocabulary.largest} parts, facts spelled out")
        return Typed(node, kind, column, depth + 1, size + 1)

    def _wrong(self, what: str, token: Token | None = None) -> RuleError:
        return self._wrong_at((token or self._next).column, what)

    def _wrong_at(self, column: int, what: str) -> RuleError:
        return RuleError(self._text, column, what)


def _sign(token: Token) -> tree.Comparison:
    return cast("tree.Comparison", token.value)


def _operation(token: Token) -> tree.Operation:
    return cast("tree.Operation", token.value)


def _constant(option: Typed) -> tree.Constant:
    return cast("tree.Constant", option.node)

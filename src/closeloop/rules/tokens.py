"""The words of a condition: text cut into tokens, each with its column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from closeloop.words.duration import parse_duration
from closeloop.words.errors import BadInput, RuleError

LONGEST_TEXT = 2_000
LARGEST_NUMBER = 2**53

RESERVED = frozenset({"and", "or", "not", "in", "true", "false", "starts", "starts_with"})
"""Words that cannot be names."""

_MARKS = "== != < <= > >= + - * / ( ) [ ]"
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<span>[0-9]+[wdhms](?![A-Za-z0-9_.]))
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<mark>==|!=|<=|>=|[<>()\[\],+*/-])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `value` is the text of a name or mark, or the value that was written."""

    sort: Literal["text", "span", "number", "name", "mark", "end"]
    value: str | int | float | timedelta
    column: int

    @property
    def spelling(self) -> str:
        """For messages."""
        return "the end" if self.sort == "end" else repr(self.value) if self.sort == "text" else f"'{self.value}'"


def cut(text: str) -> list[Token]:
    """Cut the whole text; the last token is the end.

    Raises:
        RuleError: longer than 2,000 characters, or something that is no word of the language.
    """
    if len(text) > LONGEST_TEXT:
        what = f"the condition has {len(text):,} characters; valid are at most {LONGEST_TEXT:,}"
        raise RuleError(text[:60] + "…", 1, what)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise RuleError(text, at + 1, _what_is_wrong(text[at:]))
        if found.lastgroup != "blank":
            tokens.append(_token(text, found))
        at = found.end()
    tokens.append(Token("end", "", len(text) + 1))
    return tokens


def _token(text: str, found: re.Match[str]) -> Token:
    word, column = found.group(), found.start() + 1
    match found.lastgroup:
        case "text":
            return Token("text", word[1:-1].replace(word[0] * 2, word[0]), column)
        case "span":
            return Token("span", _span(text, word, column), column)
        case "number":
            return Token("number", _number(text, word, column), column)
        case "name":
            return Token("name", word, column)
        case _:
            return Token("mark", word, column)


def _span(text: str, word: str, column: int) -> timedelta:
    try:
        return parse_duration(word)
    except BadInput as error:
        raise RuleError(text, column, str(error)) from None


def _number(text: str, word: str, column: int) -> int | float:
    value = int(word) if word.isdigit() and len(word) < 400 else float(word)
    if not value <= LARGEST_NUMBER:
        raise RuleError(text, column, f"the number is too large; valid is at most {LARGEST_NUMBER}")
    return value


def _what_is_wrong(rest: str) -> str:
    if rest[0] in "'\"":
        return f"the text that begins here has no closing {rest[0]}"
    if rest[0] == "=":
        return "a single '='; valid is '==' to compare"
    if rest[0].isascii() and rest[0].isdigit():
        word = re.match(r"[\w.]+", rest)
        written = word.group()[:40] if word else rest[0]
        return f"{written!r} is neither a number nor a span; valid are 12, 0.5, 30m, 4h, 10d, 2w"
    return f"{rest[0]!r} has no meaning here; valid are names, numbers, 'texts', spans (10d), {_MARKS}"

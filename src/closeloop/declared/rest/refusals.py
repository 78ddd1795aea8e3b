"""What a vendor's refusal means: worth another try, or not, or changed under us, with what to do in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from closeloop.declared.rest.nouns import Errors, Rule
from closeloop.declared.rest.shapes import dig
from closeloop.words.errors import Barred, Changed, EndError, Permanent, Transient

_SHUT = 401


class Refused(Permanent):
    """The vendor refused a call. `status` is that of HTTP, `codes` are the vendor's own."""

    def __init__(self, what: str, status: int, codes: Sequence[str] = ()) -> None:
        self.status, self.codes = status, tuple(codes)
        super().__init__(what)


class ShutOut(Refused, Barred):
    """The vendor does not know us any more: no call fares better."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the vendor: `body` is its JSON, None when it has none; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: object


def refusal(reply: Reply, errors: Errors, vendor: str, what: str, now: datetime) -> EndError:
    """The error to raise for an answer of 400 or more.

    Args:
        reply: the answer.
        errors: where it tells why, and the declaration's table of what that means.
        vendor: its name in messages.
        what: the call, such as "GET /contacts".
        now: for a Retry-After that is a date.
    """
    said, codes = _said(reply.body, errors)
    heard = f" It said: {said}." if said else ""
    where = f"{vendor} answered {what} with HTTP {reply.status}"
    rule = next((rule for rule in errors.table if _fits(rule, reply.status, codes)), None)
    if rule is not None:
        return _by_rule(rule, f"{where}: {rule.say}.{heard}", reply, codes, now)
    if reply.status == 429 or reply.status >= 500:
        return Transient(f"{where}.{heard}", asked_for(reply.headers, now))
    kind = ShutOut if reply.status == _SHUT else Refused
    return kind(f"{where}: {_advice(reply.status)}.{heard}", reply.status, codes)


def asked_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the vendor asks us to wait, by Retry-After in seconds or as a date."""
    asked = headers.get("retry-after", "").strip()
    if asked.isdigit():
        return timedelta(seconds=int(asked))
    try:
        return max(parsedate_to_datetime(asked) - now, timedelta(0)) if asked else None
    except (ValueError, TypeError):
        return None


def _by_rule(rule: Rule, text: str, reply: Reply, codes: Sequence[str], now: datetime) -> EndError:
    if rule.means == "transient":
        return Transient(text, asked_for(reply.headers, now))
    return Changed(text) if rule.means == "changed" else Refused(text, reply.status, codes)


def _fits(rule: Rule, status: int, codes: Sequence[str]) -> bool:
    return (rule.status is None or rule.status == status) and (rule.code is None or rule.code in codes)


def _advice(status: int) -> str:
    match status:
        case 401:
            return "our credentials are refused; check them in the settings, and whether its user may still sign in"
        case 403:
            return "its user may not do that; give it the right (or its token the scope) again at the vendor"
        case 404 | 410:
            return (
                "nothing is there; the record is gone, or the path in the declaration is wrong or of a retired version"
            )
        case 405 | 501:
            return "the method is not allowed there; correct it in the declaration"
        case 409:
            return "another record stands in the way"
        case _:
            return "the request is not accepted as it is"


def _said(body: object, errors: Errors) -> tuple[str, list[str]]:
    """What the answer says of its errors, and their codes."""
    found = dig(body, errors.items)
    texts, codes = [], []
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, Mapping):
            code, message, field, value = (
                dig(one, path) for path in (errors.code, errors.message, errors.field, errors.value)
            )
            codes += [str(code)] if code is not None else []
            at = f"{field} = {value!r}: " if field is not None and value is not None else f"{field}: " if field else ""
            kind = f" ({code})" if code is not None and message is not None else ""
            texts.append(f"{at}{message if message is not None else code if code is not None else one}{kind}")
        elif one not in (None, ""):
            texts.append(str(one))
    return "; ".join(texts)[:1_000].rstrip("."), codes

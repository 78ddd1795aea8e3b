"""Figures and names as the report says them."""

from __future__ import annotations

from closeloop.audit.nouns import Effect, Rate

_WORDS = {
    "email": "e-mail",
    "lead_source": "lead source", "account_id": "account", "is_converted": "converted", "email_rule": "e-mail rule",
}  # fmt: skip
_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank", ":": "colon"}


def percent(share: float | None, digits: int = 1) -> str:
    """0.1512 → "15.1 %"; "–" where there was nothing to count; what is small is not said to be nothing."""
    if share is None:
        return "–"
    least = 10.0**-digits
    if 0 < 100 * share < least / 2:
        return f"<\u00a0{least:.{digits}f}\u00a0%"
    return f"{100 * share:.{digits}f}\u00a0%"


def count(n: float) -> str:
    """12345.4 → "12,345"."""
    return f"{n:,.0f}"


def chance(probability: float) -> str:
    """In whole percent, and never certain, since that is what makes it a question."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def words(name: str) -> str:
    """A key as people say it."""
    return _WORDS.get(name, name.replace("_", " "))


def system(name: str) -> str:
    """A system as it is called within a sentence."""
    return "CRM" if name == "crm" else name


def sign(delimiter: str) -> str:
    """A delimiter by its name."""
    return _SIGNS.get(delimiter, delimiter)


def effect(each: Effect) -> str:
    """What records say too much or too little."""
    if each.change is None:
        return "all repeat others"
    if each.effect == "conversion":
        return f"{percent(abs(each.change))} too {'little' if each.change >= 0 else 'much'}"
    return f"{percent(each.change)} too much" if each.change >= 0 else f"{percent(-each.change)} too little"


def about(rate: Rate) -> str:
    """The bounds of a rate: "± 0.4" when they lie alike, else "12.9 to 15.3 %"."""
    if rate.rate is None or rate.low is None or rate.high is None:
        return ""
    down, up = 100 * (rate.rate - rate.low), 100 * (rate.high - rate.rate)
    if max(down, up) < 0.05:
        return ""
    if abs(down - up) < 0.1:
        return f"± {max(down, up):.1f}"
    return f"{100 * rate.low:.1f} to {100 * rate.high:.1f} %"

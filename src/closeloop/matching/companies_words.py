"""Words in names of companies that tell none from another, and words that mean the same; in comparable form."""

from __future__ import annotations

SILENT = frozenset(
    {
        "the", "a", "an", "and", "of", "for", "de", "der", "die", "das", "la", "le", "les", "el", "los", "und", "et",
        "y", "e", "i", "di", "del", "della", "van", "von",
    }
)  # fmt: skip

STRUCTURE = frozenset({"group", "gruppe", "groupe", "grupo", "gruppo", "gruppen", "holding", "holdings", "companies"})
"""Said of a company as a whole, so often left out."""

LEGAL = frozenset(
    {
        "company", "corporation", "corp", "co", "inc", "incorporated", "ltd", "limited", "llc", "llp", "lp", "plc",
        "pty", "na", "public",
    }
)  # fmt: skip
"""What is left of a legal form that stands elsewhere than at the end."""

LONG_LEGAL = ("limited", "incorporated", "corporation", "company")
"""Known with a slip as well."""

FORMS = tuple(
    tuple(form.split())
    for form in (
        "open joint stock company", "public joint stock company", "closed joint stock company", "joint stock company",
        "open joint stock", "joint stock", "limited liability company", "limited liability", "public limited company",
        "public limited", "jsc", "ojsc", "pjsc", "cjsc", "oao", "ooo", "zao", "pao", "pt", "srl", "sarl",
        "societe anonyme", "societatea cu raspundere limitata", "общество с ограниченнои ответственностью",
        "акционерное общество", "naamloze vennootschap", "naamlooze vennootschap", "ооо", "оао", "зао", "пао", "ао",
    )
)  # fmt: skip
"""Said before or after a name; "joint stock" is what is left when "company" was taken off."""

NUMBER_WORDS = {
    "first": "1", "1st": "1", "second": "2", "2nd": "2", "third": "3", "3rd": "3", "fourth": "4", "4th": "4",
    "fifth": "5", "5th": "5", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip

ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10",
    "xi": "11", "xii": "12", "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16", "xvii": "17", "xviii": "18",
    "xix": "19", "xx": "20",
}  # fmt: skip

SHORT = {
    "intl": "international", "natl": "national", "mfg": "manufacturing", "svc": "service", "svcs": "services",
    "mgmt": "management", "assoc": "associates", "bros": "brothers", "univ": "university", "inds": "industries",
    "centre": "center", "labour": "labor",
}  # fmt: skip
"""Short or other spellings → the usual one."""

"""Fields: paths in order of trust, and where the winner is written."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.process.document import At
from closeloop.process.not_yet import ELSEWHERE, refusal
from closeloop.process.nouns import FieldRule, Path, Side
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.sources import of_role, read_path
from closeloop.process.schema.fields import AnyTrue, FieldPart, Newest
from closeloop.process.sources import SourceDecl
from closeloop.process.vocabulary import BUILT_IN, COMPANY_OBJECTS, FORM_KINDS, PERSON_OBJECTS
from closeloop.rules import RESERVED, Kind
from closeloop.words.cleaning import CleaningTable, read_cleaning_table
from closeloop.words.errors import ProcessError

CLEANED_FORMS = ("text", "person_name", "company")
"""Forms whose values a table may bring to standard text; the others have a grammar of their own."""
NEVER_EMPTY = {
    "boolean": "a yes is taken back by saying no, so there is nothing to clear; take it out",
    "person_name": "no CRM keeps anybody without a name, so there is nothing to clear; take it out",
}
"""Forms of fields that nobody may clear, and why."""
NAMING = ("name", "email", "company", "country")
"""Fields by which the hub itself says everywhere who is meant, and from where: they have no side."""


def resolve_fields(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> dict[str, dict[str, FieldRule]]:
    """The fields of people and accounts."""
    part = agreement.part.fields_
    fields: dict[str, dict[str, FieldRule]] = {}
    for entity, parts in (("person", part.person), ("account", part.account)):
        fields[entity] = {name: _field(agreement, entity, name, line, sources) for name, line in parts.items()}
    for name in sorted(set(part.person) & set(part.account)):
        at = ("fields", "account", name)
        agreement.faults.add(at, f"'{name}' is a field of person too; valid is a name of its own")
    if len(agreement.part.regions) > 1 and "country" not in part.person:
        agreement.faults.add(("fields", "person"), "no field 'country', so nobody's region can be told")
    return fields


def field_kinds(fields: Mapping[str, Mapping[str, FieldRule]]) -> dict[str, Kind]:
    """The names of all fields, with the kind of their values."""
    return {name: FORM_KINDS[rule.form] for rules in fields.values() for name, rule in rules.items()}


def _field(
    agreement: Agreement, entity: str, name: str, part: FieldPart, sources: Mapping[str, SourceDecl]
) -> FieldRule:
    at: At = ("fields", entity, name)
    any_true = isinstance(part.trust, AnyTrue)
    form = part.form or ("boolean" if any_true else "text")
    if name in BUILT_IN | RESERVED:
        agreement.faults.add(at, f"'{name}' has a meaning of its own; valid is another name")
    if any_true and form != "boolean":
        agreement.faults.add((*at, "as"), f"any_true answers a boolean, not {form}; valid is as: boolean")
    if part.key is not None and entity != "person":
        agreement.faults.add((*at, "key"), "only fields of person identify somebody; take it out")
    trust = _trust(agreement, at, name, part, sources)
    believed = [path for group in trust for path in group]
    return FieldRule(
        entity=entity, name=name, trust=trust, any_true=any_true,
        write=_write(agreement, at, entity, part, believed, sources),
        form=form, key=part.key, always=part.gate == "ignores",
        clean=_cleaning(agreement, (*at, "clean"), part.clean, form),
        cleared_by=_cleared_by(agreement, (*at, "cleared_by"), part.cleared_by, believed, form, sources),
        seen_by=_seen_by(agreement, (*at, "seen_by"), name, part.seen_by),
    )  # fmt: skip


def _cleared_by(
    agreement: Agreement, at: At, texts: list[str], believed: list[Path], form: str, sources: Mapping[str, SourceDecl]
) -> tuple[Path, ...]:
    if texts and form in NEVER_EMPTY:
        agreement.faults.add(at, NEVER_EMPTY[form])
    paths: list[Path] = []
    valid = frozenset(text for path in believed for text in (path.source, str(path)))
    for index, text in enumerate(texts):
        place = (*at, index)
        if not agreement.known(place, "path in trust", text, valid):
            continue
        paths += [path for path in believed if text in (path.source, str(path))]
        if sources[paths[-1].source].file is not None:
            agreement.faults.add(
                place, f"a row of a file leaves blank what it does not know, so '{text}' clears nothing"
            )
    return tuple(dict.fromkeys(paths))


def _seen_by(agreement: Agreement, at: At, name: str, side: Side | None) -> Side | None:
    if side is not None and name in NAMING:
        agreement.faults.add(at, f"both sides call people by their {name}; take it out, or choose another field")
    return side


def _cleaning(agreement: Agreement, at: At, name: str | None, form: str) -> CleaningTable | None:
    if name is None:
        return None
    if form not in CLEANED_FORMS:
        agreement.faults.add(at, f"a table cleans text, not {form}; valid beside clean: as {', '.join(CLEANED_FORMS)}")
    text = agreement.table(at, name)
    if text is None:
        return None
    try:
        return read_cleaning_table(text, name)
    except ProcessError as error:
        for fault in error.faults:
            agreement.faults.add_in(fault.file, fault.line, fault.what)
        return None


def _trust(
    agreement: Agreement, at: At, name: str, part: FieldPart, sources: Mapping[str, SourceDecl]
) -> tuple[tuple[Path, ...], ...]:
    at = (*at, "trust")
    if isinstance(part.trust, AnyTrue):
        return (_group(agreement, (*at, "any_true"), name, part.trust.any_true, sources),)
    groups: list[tuple[Path, ...]] = []
    for index, entry in enumerate(part.trust):
        if isinstance(entry, Newest):
            groups.append(_group(agreement, (*at, index, "newest"), name, entry.newest, sources))
        elif (path := _believed(agreement, (*at, index), name, entry, sources)) is not None:
            groups.append((path,))
    paths = [path for group in groups for path in group]
    for twice in sorted({str(path) for path in paths if paths.count(path) > 1}):
        agreement.faults.add(at, f"{twice} stands here twice; valid is once")
    return tuple(groups)


def _group(
    agreement: Agreement, at: At, name: str, texts: list[str], sources: Mapping[str, SourceDecl]
) -> tuple[Path, ...]:
    paths = (_believed(agreement, (*at, index), name, text, sources) for index, text in enumerate(texts))
    return tuple(path for path in paths if path is not None)


def _believed(agreement: Agreement, at: At, name: str, text: str, sources: Mapping[str, SourceDecl]) -> Path | None:
    # What a person says at the desk is said of the field itself.
    if text in sources and sources[text].kind == "desk":
        return Path(text, None, name)
    return read_path(agreement, at, text, sources)


def _write(
    agreement: Agreement, at: At, entity: str, part: FieldPart, believed: list[Path], sources: Mapping[str, SourceDecl]
) -> tuple[Path, ...]:
    paths: list[Path] = []
    writable = PERSON_OBJECTS | COMPANY_OBJECTS if entity == "account" else PERSON_OBJECTS
    for index, text in enumerate(part.write):
        place = (*at, "write", index)
        path = _target(agreement, place, text, believed, sources)
        if path is None:
            continue
        if not sources[path.source].connected:
            systems = ", ".join(sorted(of_role(sources)))
            agreement.faults.add(place, f"nothing can be written to '{path.source}'; valid: {systems or 'none'}")
        if path.object is not None and path.object not in writable:
            agreement.faults.add(place, refusal(f"{ELSEWHERE}, as {path} would be"))
        if part.seen_by is not None and sources[path.source].role not in (part.seen_by, "other"):
            there = ", ".join(sorted(of_role(sources, part.seen_by)))
            agreement.faults.add(
                place,
                f"'{path.source}' is a system of {sources[path.source].role}, and only {part.seen_by} sees this "
                f"field; valid: {there or 'none'}",
            )
        paths.append(path)
    return tuple(paths)


def _target(
    agreement: Agreement, at: At, text: str, believed: list[Path], sources: Mapping[str, SourceDecl]
) -> Path | None:
    if text not in sources:
        return read_path(agreement, at, text, sources)
    of_source = [path for path in believed if path.source == text]
    if len(of_source) == 1:
        return of_source[0]
    how_many = "no path" if not of_source else "several paths"
    agreement.faults.add(at, f"'{text}' has {how_many} in trust; valid is the full path, such as {text}.Title")
    return None

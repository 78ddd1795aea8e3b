"""Sources and the paths into them."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from closeloop.process.document import At
from closeloop.process.nouns import Loops, Path
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.schema.places import DeclaredSource, FileSource, WebformSource
from closeloop.process.sources import FileMapping, SourceDecl
from closeloop.process.touches import TOUCH_KINDS, WEB_EVENTS
from closeloop.rules import Vocabulary
from closeloop.words.duration import parse_duration
from closeloop.words.verbs import COUNTED


def of_role(sources: Mapping[str, SourceDecl], *roles: str) -> dict[str, SourceDecl]:
    """The connected systems of these roles; of all, when none is named."""
    return {
        name: source for name, source in sources.items() if source.connected and (not roles or source.role in roles)
    }


def resolve_sources(agreement: Agreement) -> dict[str, SourceDecl]:
    """Every declared source."""
    return {name: _source(agreement, name) for name in agreement.part.sources}


def resolve_ceilings(agreement: Agreement, sources: Mapping[str, SourceDecl]) -> dict[str, dict[str, int]]:
    """What a plan may do at most, by system."""
    found: dict[str, dict[str, int]] = {}
    for name, part in agreement.part.ceilings.items():
        agreement.known(("ceilings", name), "system", name, of_role(sources))
        found[name] = {
            kind: most
            for kind, most in part.items()
            if agreement.known(("ceilings", name, kind), "key", kind, frozenset(COUNTED))
        }
    return found


def resolve_loops(agreement: Agreement) -> Loops:
    """When a field that a system sets back is held back."""
    part = agreement.part.loops
    within = parse_duration(part.within)
    if not within:
        agreement.faults.add(("loops", "within"), "a span of nothing finds no loop; valid is such as 24h")
    return Loops(part.after, within)


def read_path(agreement: Agreement, at: At, text: str, sources: Mapping[str, SourceDecl]) -> Path | None:
    """A path such as crm.Account.Name or ma.email; None and a fault when it leads nowhere."""
    name, *steps = text.split(".")
    if not agreement.known(at, "source", name, sources):
        return None
    if not steps or not all(steps):
        agreement.faults.add(at, f"'{text}' names no field; valid is such as {name}.Email")
        return None
    if has_objects(sources[name]) and len(steps) > 1:
        if len(steps) == 2:
            return Path(name, steps[0], steps[1])
        agreement.faults.add(at, f"'{text}' has too many steps; valid is such as {name}.Account.Name")
        return None
    mapping = sources[name].file
    if mapping is not None and ".".join(steps) not in mapping.values:
        agreement.faults.unknown(at, f"value of {name}", ".".join(steps), mapping.values)
        return None
    return Path(name, None, ".".join(steps))


def has_objects(source: SourceDecl) -> bool:
    """Whether paths into it may name an object: Marketo's fields have dots and belong to one object."""
    return source.connected and source.kind != "marketo"


def _source(agreement: Agreement, name: str) -> SourceDecl:
    part, at = agreement.part.sources[name], ("sources", name)
    if isinstance(part, str):
        kind = "desk" if part == "console" else part
        return SourceDecl(name, kind, WEB_EVENTS if kind == "webform" else {})
    if isinstance(part, WebformSource):
        _touch_kinds(agreement, (*at, "events"), part.events)
        return SourceDecl(name, "webform", {**WEB_EVENTS, **part.events})
    if isinstance(part, DeclaredSource):
        declared = agreement.table((*at, "declared"), part.declared)
        return SourceDecl(
            name, part.kind, declared=declared or "", plays=part.role, declared_in=part.declared, currency=part.currency
        )
    if isinstance(part, FileSource):
        return SourceDecl(name, "file", file=_file(agreement, at, part))
    return SourceDecl(name, "desk" if part.kind == "console" else part.kind)


def _file(agreement: Agreement, at: At, part: FileSource) -> FileMapping:
    faults = agreement.faults
    _touch_kinds(agreement, (*at, "touch_names"), part.touch_names)
    if part.touch is not None:
        agreement.known((*at, "touch"), "touch kind", part.touch, TOUCH_KINDS)
    if part.touch is not None and part.touch_column is not None:
        faults.add((*at, "touch_column"), "touch and touch_column exclude each other; valid is one of them")
    if part.touch_column is not None and not part.touch_names:
        faults.add((*at, "touch_column"), "needs touch_names: what stands in the column → touch kind")
    try:
        "".encode(part.encoding or "utf-8")
    except LookupError:
        faults.add((*at, "encoding"), f"unknown encoding '{part.encoding}'; valid are such as utf-8, latin-1, cp1252")
    zone(agreement, (*at, "zone"), part.zone)
    columns = Vocabulary(part.columns)
    return FileMapping(
        delimiter=part.delimiter, encoding=part.encoding, key=tuple(part.key), time=part.time,
        time_order=part.time_order, zone=part.zone, values=part.values, visitor=part.visitor,
        person_per_row=part.person_per_row, touch=part.touch, touch_column=part.touch_column,
        touch_names=part.touch_names, props=part.props,
        flags={flag: agreement.condition((*at, "flags", flag), text, columns) for flag, text in part.flags.items()},
    )  # fmt: skip


def zone(agreement: Agreement, at: At, name: str) -> ZoneInfo:
    """The zone of that name; a fault, and UTC, when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        agreement.faults.add(at, f"unknown zone '{name}'; valid is a name of the IANA list, such as Europe/Berlin")
        return ZoneInfo("UTC")


def _touch_kinds(agreement: Agreement, at: At, names: Mapping[str, str]) -> None:
    for name, kind in names.items():
        agreement.known((*at, name), "touch kind", kind, TOUCH_KINDS)

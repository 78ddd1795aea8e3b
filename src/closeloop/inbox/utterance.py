"""What each kind of Segment event says: values of whom, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from closeloop.inbox.acts import Said, mapping, page_act, track_act
from closeloop.inbox.event import Event
from closeloop.inbox.nouns import Act
from closeloop.process.sources import SourceDecl
from closeloop.words.errors import BadInput

KIND_OF_PATH: Mapping[str, str] = {
    "identify": "identify", "track": "track", "page": "page", "screen": "screen", "group": "group", "alias": "alias",
    "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias",
}  # fmt: skip
"""Last part of the path → kind of the event that is the body; all other paths take batches."""


class Utterance(NamedTuple):
    """What an event says: traits of the person, or of one entity only, and the act."""

    traits: Said
    entity: str | None
    act: Act | None


def utterance(event: Event, kind: str | None, context: Said, source: SourceDecl) -> Utterance:
    """Read the event as one of `kind`.

    Raises:
        BadInput: no such kind, or it lacks what the kind needs.
    """
    match kind:
        case "identify":
            return Utterance(_spelled({**mapping(context, "traits"), **(event.traits or {})}), None, None)
        case "track":
            return _track(event, context, source)
        case "page" | "screen":
            # A page's own title and name are no title and name of its reader: only the traits are.
            traits = _spelled(mapping(context, "traits"))
            return Utterance(traits, None, page_act(event.properties or {}, context, event.name))
        case "group":
            return _group(event)
        case "alias":
            if event.user_id is None or event.previous_id is None:
                raise BadInput("previousId: an alias needs both previousId and userId")
            return Utterance({}, None, None)
    raise BadInput(f"type: {kind!r} is not a kind of event; valid are {', '.join(sorted(set(KIND_OF_PATH.values())))}")


def _track(event: Event, context: Said, source: SourceDecl) -> Utterance:
    if not event.event:
        raise BadInput('event: is missing; a track needs its name as text, such as "Form Submitted"')
    properties = event.properties or {}
    traits = _spelled({**properties, **mapping(context, "traits")})
    return Utterance(traits, None, track_act(event.event, source, properties, context))


def _group(event: Event) -> Utterance:
    traits = event.traits or {}
    # Segment calls a group's name "name"; forms call it "company".
    named = {"company": traits["name"], **traits} if "name" in traits else traits
    return Utterance(named, "account", None)


def _spelled(traits: Said) -> dict[str, object]:
    """The traits, with Segment's reserved compounds under the plain names that forms use."""
    if not traits:
        return {}
    plain = dict(traits)
    if isinstance(company := traits.get("company"), dict):
        del plain["company"]
        plain |= {"company": company["name"]} if "name" in company else {}
    if isinstance(address := traits.get("address"), dict) and "country" in address:
        plain.setdefault("country", address["country"])
    names = [name for part in ("firstName", "lastName") if isinstance(name := traits.get(part), str)]
    if names:
        plain.setdefault("name", " ".join(names))
    return plain

"""Marketo's activity log in our vocabulary: which entries are touches, and what happened to leads that are gone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from closeloop.connectors.marketo.leads import OBJECT, to_ref
from closeloop.connectors.marketo.shapes import Happening
from closeloop.ports import Record, Ref, Value
from closeloop.words.moment import parse

VISIT, FORM, PROGRESSION, MERGE = 1, 2, 104, 32

TOUCHES: Mapping[int, str] = MappingProxyType(
    {
        VISIT: "page.viewed",
        FORM: "form.submitted",
        9: "email.unsubscribed",
        10: "email.opened",
        11: "email.clicked",
    }
)
PROGRESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "Registered": "webinar.registered",
        "Attended": "webinar.attended",
        "Attended On-demand": "webinar.attended",
        "No Show": "webinar.missed",
        "Visited Booth": "event.attended",
        "Downloaded": "content.downloaded",
    }
)
"""New status of a person in a programme → touch; statuses beyond these tell nothing of interest."""

TYPES = (*TOUCHES, MERGE, PROGRESSION)
"""The activity types asked for; the vendor takes ten at a time."""

_PLACES = ("Webpage URL", "Link", "Query Parameters")


def to_records(page: Sequence[Happening]) -> list[Record]:
    """The merges and the touches in entries of the log; the rest has no meaning for us."""
    merged = [loser for happening in page for loser in to_merged(happening)]
    return merged + [touch for touch in map(to_touch, page) if touch is not None]


def to_touch(happening: Happening) -> Record | None:
    """The touch in one entry of the log; None where it has no meaning for us."""
    said = {attribute.name: attribute.value for attribute in happening.attributes}
    touch = TOUCHES.get(happening.activity_type_id)
    if happening.activity_type_id == PROGRESSION:
        touch = PROGRESSIONS.get(str(said.get("New Status")))
    if touch is None:
        return None
    return Record(
        # The vendor's number of an activity may be absent or repeated: its GUID is the id.
        object="Activity",
        id=happening.marketo_guid or str(happening.id),
        entity="activity",
        changed_at=parse(happening.activity_date),
        fields=_props(happening, said),
        refs={"person": to_ref(happening.lead_id), **_campaign(happening)},
        touch=touch,
    )


def to_merged(happening: Happening) -> list[Record]:
    """The losers of a merge, each pointing to the lead that it became part of."""
    if happening.activity_type_id != MERGE:
        return []
    said = {attribute.name: attribute.value for attribute in happening.attributes}
    losers = json.loads(str(said.get("Merge IDs", "[]")))
    return [
        Record(
            object=OBJECT,
            id=str(loser),
            entity="person",
            changed_at=parse(happening.activity_date),
            became=(to_ref(happening.lead_id),),
        )
        for loser in losers
    ]


def to_deleted(happening: Happening) -> Record:
    """A lead that was deleted."""
    return Record(
        object=OBJECT,
        id=str(happening.lead_id),
        entity="person",
        changed_at=parse(happening.activity_date),
        deleted=True,
    )


def _campaign(happening: Happening) -> dict[str, Ref]:
    """The programme whose member the person is, as a campaign."""
    if happening.activity_type_id != PROGRESSION or happening.primary_attribute_value_id is None:
        return {}
    return {"campaign": Ref("Campaign", str(happening.primary_attribute_value_id))}


def _props(happening: Happening, said: Mapping[str, Value]) -> dict[str, Value]:
    # A form's entry names its page only as the referrer; a visit's referrer is another page, with campaigns of its own.
    places = (*_PLACES, "Referrer URL") if happening.activity_type_id == FORM else _PLACES
    asked = _asked(said, places)
    props: dict[str, Value | None] = {
        "url": said.get("Webpage URL") or said.get("Link"),
        "referrer": said.get("Referrer URL"),
        "asset": happening.primary_attribute_value,
        "campaign": asked.get("utm_campaign") or _programme(happening),
        "source": asked.get("utm_source"),
        "medium": asked.get("utm_medium"),
        "product": said.get("Product") or asked.get("product"),
        "status": said.get("New Status"),
    }
    return {name: value for name, value in props.items() if value not in (None, "")}


def _asked(said: Mapping[str, Value], places: tuple[str, ...]) -> dict[str, str]:
    """The query parameters found at these attributes; an earlier place goes before a later one."""
    asked: dict[str, str] = {}
    for place in places:
        text = str(said.get(place) or "")
        query = text.lstrip("?") if place == "Query Parameters" else urlsplit(text).query
        asked = {**dict(parse_qsl(query)), **asked}
    return asked


def _programme(happening: Happening) -> str | None:
    """The programme: named by a change of status; of a mail or form, what stands before the dot ("Programme.Asset")."""
    asset = happening.primary_attribute_value
    if asset is None or happening.activity_type_id == PROGRESSION:
        return asset
    return None if happening.activity_type_id == VISIT else asset.rpartition(".")[0] or None

"""What contacts did: exports of the Bulk API, one for each kind of activity, read over several pulls as touches.

Source: Oracle's "Activities export definitions" and "Exporting activities"; an activity can be exported late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from closeloop.connectors.eloqua.bulk import Bulk, Item, SyncFailed
from closeloop.connectors.eloqua.names import LEAD
from closeloop.ports import Record, Ref, Value
from closeloop.words.moment import Clock, parse

OBJECT = "Activity"

TOUCHES: Mapping[str, str] = MappingProxyType(
    {
        "EmailSend": "email.sent",
        "EmailOpen": "email.opened",
        "EmailClickthrough": "email.clicked",
        "Bounceback": "email.bounced",
        "Unsubscribe": "email.unsubscribed",
        "FormSubmit": "form.submitted",
        "PageView": "page.viewed",
    }
)
"""Eloqua's kind of activity → touch; a visit is left out, since its pages are told one by one."""

_DETAILS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "EmailClickthrough": {"Url": "{{Activity.Field(EmailClickedThruLink)}}"},
        "PageView": {"Url": "{{Activity.Field(Url)}}", "ReferrerUrl": "{{Activity.Field(ReferrerUrl)}}"},
        "FormSubmit": {"RawData": "{{Activity.Field(RawData)}}"},
    }
)
_COMMON: Mapping[str, str] = MappingProxyType(
    {
        "Id": "{{Activity.Id}}",
        "Type": "{{Activity.Type}}",
        "At": "{{Activity.CreatedAt}}",
        "ContactId": "{{Activity.Contact.Id}}",
    }
)
_ASSET: Mapping[str, str] = MappingProxyType(
    {"Asset": "{{Activity.Asset.Name}}", "Campaign": "{{Activity.Campaign.Field(CampaignName)}}"}
)
_KINDS = tuple(TOUCHES)
_MOST_TOLD = 5_000


@dataclass(frozen=True, slots=True)
class Round:
    """Where a round over the kinds of activities stands.

    Attributes:
        since: the moment from which it reads; activities before it are not told.
        floor: activities before it are never told.
        began_at: when it began; None between two rounds.
        kind: which of the kinds is read.
        sync: the export that is under way; "" before it is asked for.
        offset: how much of it was read.
        told: ids that the next round will meet again.
    """

    since: datetime
    floor: datetime
    began_at: datetime | None = None
    kind: int = 0
    sync: str = ""
    offset: int = 0
    told: tuple[str, ...] = field(default=())


class Activities:
    """Reads the activities of one instance.

    Args:
        bulk: its Bulk API.
        clock: when a round begins.
        every: the time between the beginnings of two rounds, each of which costs some 28 calls.
        look_back: how far a round goes back behind the beginning of the last one.
    """

    def __init__(self, bulk: Bulk, clock: Clock, every: timedelta, look_back: timedelta) -> None:
        self._bulk, self._clock, self._every, self._look_back = bulk, clock, every, look_back

    def is_due(self, at: Round) -> bool:
        """Whether something is under way, or a new round is due."""
        return at.began_at is not None or self._clock.now() >= at.since + self._look_back + self._every

    def step(self, at: Round) -> tuple[list[Record], Round, bool]:
        """Go on by a page, or look whether the export is done.

        Returns:
            The touches, where the round stands then, and whether there is something to do at once.
        """
        if at.began_at is None:
            at = replace(at, began_at=self._clock.now())
        try:
            if not at.sync:
                uri = self._bulk.define("/activities/exports", _definition(at))
                at = replace(at, sync=self._bulk.run(uri), offset=0)
            if at.offset == 0 and not self._bulk.is_done(at.sync):
                return [], at, False
            items, more = self._bulk.rows(at.sync, at.offset)
        except SyncFailed:
            return [], replace(at, sync="", offset=0), False
        records, at = self._news(at, items)
        if more:
            return records, replace(at, offset=at.offset + len(items)), True
        if at.kind + 1 < len(_KINDS):
            return records, replace(at, kind=at.kind + 1, sync="", offset=0), True
        return records, self._finished(at), False

    def _news(self, at: Round, items: list[Item]) -> tuple[list[Record], Round]:
        again_from = (at.began_at or at.since) - self._look_back
        told = dict.fromkeys(at.told)
        records = [one for one in map(to_touch, items) if one.id not in told and one.changed_at >= at.floor]
        met = [one.id for one in map(to_touch, items) if one.changed_at >= again_from]
        return records, replace(at, told=tuple(dict.fromkeys((*at.told, *met)))[-_MOST_TOLD:])

    def _finished(self, at: Round) -> Round:
        return replace(at, since=(at.began_at or at.since) - self._look_back, began_at=None, kind=0, sync="", offset=0)


def to_touch(item: Item) -> Record:
    """One exported activity as a touch. Its number is unique only among its kind."""
    kind, contact = str(item["Type"]), str(item.get("ContactId") or "")
    return Record(
        object=OBJECT,
        id=f"{kind}-{item['Id']}",
        entity="activity",
        changed_at=_moment(str(item["At"])),
        fields=_fields(item),
        refs={"person": Ref(LEAD, contact)} if contact else {},
        touch=TOUCHES.get(kind),
    )


def _definition(at: Round) -> dict[str, object]:
    kind = _KINDS[at.kind]
    # Kinds have fields of their own; asking one for another's is an error.
    asset = {} if kind in ("PageView", "Unsubscribe") else _ASSET
    since = at.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "name": f"closeloop {kind}",
        "fields": {**_COMMON, **asset, **_DETAILS.get(kind, {})},
        "filter": f"'{{{{Activity.Type}}}}' = '{kind}' AND '{{{{Activity.CreatedAt}}}}' >= '{since}'",
        # Without it, moments are those of the US East coast.
        "areSystemTimestampsInUTC": True,
    }


def _moment(text: str) -> datetime:
    return parse(text.strip().replace(" ", "T").rstrip("Z") + "Z")


def _fields(item: Item) -> dict[str, Value]:
    url = str(item.get("Url") or "")
    asked = dict(parse_qsl(urlsplit(url).query))
    fields: dict[str, Value] = {
        "url": url or None,
        "referrer": _text(item.get("ReferrerUrl")),
        "asset": _text(item.get("Asset")),
        "campaign": asked.get("utm_campaign") or _text(item.get("Campaign")),
        "source": asked.get("utm_source"),
        "medium": asked.get("utm_medium"),
        "product": asked.get("product"),
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _text(value: object) -> Value:
    return str(value) if value not in (None, "") else None

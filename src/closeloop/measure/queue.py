"""The queue of leads: who has what, where it stands, and how long there is to respond."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, text

from closeloop.measure.stored import called, moment, text_of
from closeloop.measure.why_lead import WITH_PERSON, amount_of
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads: "" is any. `status` "working" are open and nurturing ones."""

    stage: str = ""
    owner: str = ""
    region: str = ""
    product: str = ""
    status: str = "working"


@dataclass(frozen=True, slots=True)
class Queued:
    """One lead as the queue shows it."""

    id: str
    person_id: str
    person: str
    email: str
    company: str
    product: str
    region: str
    cycle: int
    stage: str
    status: str
    owner: str | None
    campaign: str | None
    created_at: datetime
    respond_by: datetime | None
    responded_at: datetime | None
    reason: str | None
    amount: str | None


_WANTED = """
    (:stage = '' OR stage = :stage) AND (:owner = '' OR owner = :owner)
      AND (:region = '' OR region = :region) AND (:product = '' OR product = :product)
      AND (:status = '' OR status = :status OR (:status = 'working' AND status IN ('open', 'nurturing')))"""
_URGENT_FIRST = """
    CASE WHEN l.status = 'open' AND l.responded_at IS NULL THEN 0 ELSE 1 END,
      CASE WHEN l.respond_by IS NULL THEN 1 ELSE 0 END, l.respond_by, l.created_at DESC, l.id"""
# The page is cut before names are looked up, which costs more than all the rest.
_LISTED = text(f"""
    SELECT l.*, p.name, p.email, p.company
    FROM (SELECT * FROM v_leads l WHERE {_WANTED} ORDER BY {_URGENT_FIRST} LIMIT :most) l
    JOIN v_people p ON p.person_id = l.person_id ORDER BY {_URGENT_FIRST}""")  # noqa: S608 — texts of ours
_COUNT = text(f"SELECT COUNT(*) FROM v_leads WHERE {_WANTED}")  # noqa: S608 — a text of ours
_ONE = text(f"{WITH_PERSON} WHERE l.id = :lead")
_OF_PERSON = text(f"{WITH_PERSON} WHERE l.person_id = :person ORDER BY l.created_at DESC, l.id")


def queue(connection: Connection, wanted: Wanted, most: int = 100) -> tuple[tuple[Queued, ...], int]:
    """The first `most` leads, those whose clock runs out first on top, and how many there are in all."""
    asked = {
        "stage": wanted.stage, "owner": wanted.owner, "region": wanted.region, "product": wanted.product,
        "status": wanted.status,
    }  # fmt: skip
    listed = connection.execute(_LISTED, {**asked, "most": most})
    return tuple(_queued(line) for line in listed), connection.execute(_COUNT, asked).scalar_one()


def queued(connection: Connection, lead_id: str) -> Queued | None:
    """One lead; None when there is none with that id."""
    line = connection.execute(_ONE, {"lead": lead_id}).one_or_none()
    return None if line is None else _queued(line)


def leads_of(connection: Connection, person_id: str) -> tuple[Queued, ...]:
    """Every lead of one resolved person, the newest first."""
    return tuple(_queued(line) for line in connection.execute(_OF_PERSON, {"person": person_id}))


def _queued(line: Row[tuple[object, ...]]) -> Queued:
    return Queued(
        line.id, line.person_id, called(text_of(line.name), text_of(line.email), line.person_id), text_of(line.email),
        text_of(line.company), line.product, line.region, line.cycle, line.stage, line.status, line.owner,
        line.campaign, from_us(line.created_at), moment(line.respond_by), moment(line.responded_at), line.reason,
        amount_of(line.amount_minor, line.currency),
    )  # fmt: skip

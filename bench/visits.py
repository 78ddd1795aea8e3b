"""A site's visitors as its tracking client tells of them: requests of 20 events, mostly page views of known people.

A visit is of one person: 1 to 9 page views (5 on average), by userId and browser, one every half minute until now; one
in five ends with a form of eight values. One visit in twenty is of somebody new: two nameless views, then the form that
names them. So about 5 % of the events are forms and 1 % bring somebody new. One new person in ten has a title that the
gate of b2b asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from random import Random

import msgspec

from closeloop.inbox.nouns import Queue, Receipt
from closeloop.words import ids

EVENTS_A_REQUEST = 20
Event = dict[str, object]
_PAGES = (
    "/", "/robot", "/robot/gripper", "/robot/pricing", "/robot/webinar-2026", "/sensor", "/sensor/ip67", "/sensor/demo",
    "/pricing", "/blog/cobots", "/blog/sensors-in-the-cold", "/about",
)  # fmt: skip
_COUNTRIES = ("DE", "AT", "CH", "NO", "SE", "FR")
_TITLES = ("Engineer", "Buyer", "Technician")
_CAMPAIGNS = ("spring-webinar", "price-mailing", "trade-fair")
_numbers = count(1)


class Site:
    """Everybody who was ever seen on it; those with a number below `n_people` are known to the hub."""

    def __init__(self, n_people: int, seed: int) -> None:
        self.n_people, self.n_listed = n_people, n_people
        self._chance = Random(seed)  # noqa: S311 - a seed repeats the visits

    def newcomers(self, n: int, at: datetime) -> Iterator[Event]:
        """`n` more people, as a list of names brings them: an identify with six traits each, and nothing done yet."""
        self.n_listed += n
        for _ in range(n):
            person = self._newcomer()
            yield {"type": "identify", **_who(person, at, named=True), "traits": self._said_of(person)}

    def visits(self, at: datetime) -> Iterator[Event]:
        """Events without end, visit after visit."""
        while True:
            stranger = self._chance.random() < 0.05
            person = self._newcomer() if stranger else self._chance.randrange(self.n_people)
            n_views = 2 if stranger else self._chance.randint(1, 9)
            for left in range(n_views, 0, -1):
                yield self._view(person, at - timedelta(seconds=30 * left), named=not stranger)
            if stranger or self._chance.random() < 0.2:
                yield self._form(person, at)

    def _newcomer(self) -> int:
        self.n_people += 1
        return self.n_people - 1

    def _view(self, person: int, at: datetime, *, named: bool) -> Event:
        page = self._chance.choice(_PAGES)
        return {
            "type": "page", **_who(person, at, named=named), "name": page,
            "properties": {"path": page, "url": f"https://ours.example{page}", "title": f"Ours: {page}"},
        }  # fmt: skip

    def _form(self, person: int, at: datetime) -> Event:
        properties = {
            **self._said_of(person), "product": ("robot", "sensor")[person % 2],
            "campaign": self._chance.choice(_CAMPAIGNS),
        }  # fmt: skip
        return {"type": "track", "event": "Form Submitted", **_who(person, at, named=True), "properties": properties}

    def _said_of(self, person: int) -> Event:
        # The gate lets nobody from the list through, so leads are as rare whatever the number of people.
        wanted = person >= self.n_listed and person % 10 == 0
        return {
            "email": email_of(person), "name": f"Person {person}", "company": f"Company {person // 5} Ltd",
            "title": "CTO" if wanted else _TITLES[person % len(_TITLES)],
            "country": _COUNTRIES[person % len(_COUNTRIES)], "tel": f"+49 30 {1_000_000 + person}",
        }  # fmt: skip


def email_of(person: int) -> str:
    """The address of a person, in its normal form."""
    return f"person{person}@company{person // 5}.example"


def requests(events: Iterator[Event], at: datetime, queue: Queue = "live") -> Iterator[Receipt]:
    """The events as the door keeps them: a receipt for every request of 20."""
    headers = {"content-type": "application/json", "path": "/v1/batch"}
    while batch := list(islice(events, EVENTS_A_REQUEST)):
        body = msgspec.json.encode({"batch": batch, "sentAt": at.isoformat()})
        yield Receipt(ids.new(at), "form", "segment", queue, at, headers, body)


def _who(person: int, at: datetime, *, named: bool) -> Event:
    number = next(_numbers)
    return {
        "messageId": f"ajs-next-{number:032x}", "anonymousId": f"browser-{person}", "timestamp": at.isoformat(),
        "context": {"library": {"name": "analytics.js", "version": "5.3.1"}, "userAgent": "Mozilla/5.0"},
        **({"userId": f"user-{person}"} if named else {}),
    }  # fmt: skip

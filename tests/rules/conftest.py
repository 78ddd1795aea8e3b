"""Joe of Acme as a condition sees him, and the names that the tests' conditions may speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from closeloop.rules import Vocabulary


@dataclass
class Joe:
    values: dict[str, object] = field(default_factory=dict)
    deals: list[dict[str, object]] = field(default_factory=list)
    confirmed: set[str] = field(default_factory=set)
    now: datetime = datetime(2026, 9, 1, 9, tzinfo=UTC)

    def get(self, name: str) -> object | None:
        return self.values.get(name)

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        assert entity == "opportunity"
        return self.deals

    def verified(self, name: str) -> bool:
        return name in self.confirmed


@pytest.fixture
def joe() -> Joe:
    return Joe(
        values={
            "email": "joe@acme.example", "title": "CTO", "fit": 20, "interest": 55.5, "product": "robot",
            "region": "dach", "amount": "4800.00 EUR", "opted_out": False, "url": "/robot/pricing",
            "since": "2026-08-01T00:00:00.000000Z",
        },
        deals=[{"open": True, "product": "robot", "region": "dach", "amount": "48000.00 EUR"}],
    )  # fmt: skip


@pytest.fixture
def vocabulary() -> Vocabulary:
    names = {
        "email": "text", "title": "text", "phone": "text", "url": "text", "product": "text", "region": "text",
        "fit": "number", "interest": "number", "employees": "number", "opted_out": "boolean", "amount": "money",
        "since": "moment", "thing": "any", "form.submitted": "boolean",
    }  # fmt: skip
    deal = {"open": "boolean", "product": "text", "region": "text", "amount": "money", "bought_at": "moment"}
    return Vocabulary(names, {"opportunity": deal})

"""What a condition is asked about: values by name, related records, what is verified, and the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class Scope(Protocol):
    """One person, lead or touch as a condition sees it."""

    @property
    def now(self) -> datetime:
        """The moment of the decision, UTC."""
        ...

    def get(self, name: str) -> object | None:
        """The value of a name of the vocabulary; None when it is missing."""
        ...

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        """The related records of an entity, each name → value."""
        ...

    def verified(self, name: str) -> bool:
        """Whether the value that this field has now was confirmed."""
        ...

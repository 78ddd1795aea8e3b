"""What an administrator sets up in one organisation: its objects and fields, validation rules, duplicate rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from closeloop.connectors.salesforce.simulator.fields import Field, Row, Sobject
from closeloop.connectors.salesforce.simulator.objects import OBJECTS, everywhere


@dataclass(frozen=True, slots=True)
class Rule:
    """A record for which `broken` holds is refused with `message`, at `field` if that is named."""

    object: str
    broken: Callable[[Row], bool]
    message: str
    field: str | None = None


class Schema:
    """Begins with the standard objects.

    Attributes:
        objects: by name.
        rules: validation rules in force.
        unique: object → field of which no two new records may hold the same value, by a duplicate rule.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Sobject] = dict(OBJECTS)
        self.rules: list[Rule] = []
        self.unique: dict[str, str] = {}

    def of_id(self, record_id: str) -> Sobject | None:
        """The object whose record has this id."""
        return next((one for one in self.objects.values() if one.prefix == record_id[:3]), None)

    def add_object(self, name: str, prefix: str, *fields: Field) -> None:
        """A custom object; what every object has is added."""
        self.objects[name] = everywhere(name, prefix, *fields)

    def add_field(self, object_name: str, field: Field) -> None:
        """A custom field."""
        sobject = self.objects[object_name]
        self.objects[object_name] = replace(sobject, fields={**sobject.fields, field.name: field})

    def drop_field(self, object_name: str, name: str) -> None:
        """Delete a field: whoever names it is refused from now on."""
        sobject = self.objects[object_name]
        fields = {key: field for key, field in sobject.fields.items() if key != name}
        self.objects[object_name] = replace(sobject, fields=fields)

    def set_choices(self, object_name: str, name: str, *allowed: str) -> None:
        """Change what a restricted picklist allows."""
        field = self.objects[object_name].fields[name]
        self.add_field(object_name, replace(field, allowed=allowed, default=None))

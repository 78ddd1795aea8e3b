"""What Marketo says about its lead object, under the process's names."""

from __future__ import annotations

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.leads import OBJECT
from closeloop.connectors.marketo.shapes import Description
from closeloop.ports import Shape, ShapeField


def describe(rest: Rest) -> Shape:
    """The lead, by describe2; first and last name appear as the one field `name`."""
    fields: dict[str, ShapeField] = {}
    for description in rest.get("leads/describe2.json").rows(Description):
        for field in description.fields:
            name = names.ours(field.name)
            fields[name] = ShapeField(name, field.data_type, field.updateable, max_length=field.length or None)
    return Shape(OBJECT, "person", tuple(fields.values()))

"""What Marketo says about its lead object, under the process's names."""

from __future__ import annotations

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.leads import OBJECT, Leads
from closeloop.ports import Shape, ShapeField


def describe(leads: Leads) -> Shape:
    """The lead, by describe2; first and last name appear as the one field `name`."""
    fields: dict[str, ShapeField] = {}
    for field in leads.described(anew=True).values():
        name = names.ours(field.name)
        fields[name] = ShapeField(name, field.data_type, field.updateable, max_length=field.length or None)
    return Shape(OBJECT, "person", tuple(fields.values()))

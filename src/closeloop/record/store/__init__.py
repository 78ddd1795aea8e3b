"""The record's tables and all that is read of them and written to them."""

from closeloop.record.store.by_sets import Applied, apply_set, stage, staged_table
from closeloop.record.store.tables import field_values, verifications, winners
from closeloop.record.store.values import (
    load_cleared,
    load_related,
    load_settled,
    load_values,
    load_verified,
    load_winners,
    replace_values,
    save_values,
    save_verifications,
    save_winners,
)

__all__ = [
    "Applied",
    "apply_set",
    "field_values",
    "load_cleared",
    "load_related",
    "load_settled",
    "load_values",
    "load_verified",
    "load_winners",
    "replace_values",
    "save_values",
    "save_verifications",
    "save_winners",
    "stage",
    "staged_table",
    "verifications",
    "winners",
]

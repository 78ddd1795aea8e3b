"""What the page of two systems in step promises: each row of its table is played, each example of a field loads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.ports import Record, Value
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from support.ends import merging
from support.road import Road, page_of, road_on

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "sync.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+) \| `(trust: [^`]+)` \|", PAGE, re.MULTILINE))
EXAMPLES = [block for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "trust:" in block]

NOTHING = (None, {}, {})
SALES, MARKETING = ("Sales", {}, {"ma": "Sales"}), ("Marketing", {"crm": "Marketing"}, {})
FILLED, EMPTIED = ("Same", {"crm": "Same"}, {}), (None, {}, {"ma": None})
CHANGED, SET_BACK = ("Later", {"crm": "Later"}, {}), ("Same", {}, {"ma": "Same"})
"""What the hub holds, and what it writes to the CRM and to marketing."""

BOTH, BLANK, EDITED, CLEARED = (
    "both say something else",
    "blank in the CRM",
    "changed in marketing",
    "emptied in the CRM",
)
SAID = {BOTH: ("Sales", "Marketing"), BLANK: (None, "Marketing"), EDITED: ("Same", "Same"), CLEARED: ("Same", "Same")}
OPTED = {BOTH: (False, True), BLANK: (None, True), EDITED: (False, False), CLEARED: (True, True)}
YES = (True, {"crm": True}, {})

EXPECTED = {  # in the order above; marketing speaks last where both say something else
    "two-way sync": (MARKETING, MARKETING, CHANGED, FILLED),
    "always use the CRM": (SALES, NOTHING, SET_BACK, EMPTIED),
    "prefer the CRM unless blank": (SALES, MARKETING, SET_BACK, FILLED),
    "prefer marketing unless blank": (MARKETING, MARKETING, CHANGED, FILLED),
    "do not sync": (("Sales", {}, {}), NOTHING, ("Same", {}, {}), ("Same", {}, {})),
    "sync blanks, clear fields": (MARKETING, MARKETING, CHANGED, EMPTIED),
    "never sync blanks": (MARKETING, MARKETING, CHANGED, FILLED),
    "marketing only": (("Marketing", {}, {}), ("Marketing", {}, {}), ("Later", {}, {}), ("Same", {}, {})),
    "sales only": (("Sales", {}, {}), NOTHING, ("Same", {}, {}), ("Same", {}, {})),
    "opt-out always wins": (YES, YES, YES, YES),
}


def of_row(rule: str) -> tuple[str, dict[str, str], Process]:
    """The field that a row is about, its name at each system, and the project's process with that row for it."""
    names = dict(re.findall(r"\b(crm|ma)\.(\w+)", rule))
    field = {"unsubscribed": "opted_out"}.get(names.get("ma", ""), next(iter(names.values())).lower())
    return field, names, with_fields("person", {field: f"{{{rule}}}"})


def with_fields(entity: str, rules: Mapping[str, str]) -> Process:
    """The project's process with these rules for these fields."""
    files = dict(merging(writes="crm, ma").files)
    text = files["b2b.yaml"].decode()
    for field, rule in rules.items():
        text = re.sub(rf"^    {field}: .*\n", "", text, flags=re.MULTILINE)
        text = text.replace(f"  {entity}:\n", f"  {entity}:\n    {field}: {rule}\n", 1)
    return load_files({**files, "b2b.yaml": text.encode()}, "b2b.yaml")


def says(road: Road, source: str, said: dict[str, Value], name: str | None) -> None:
    """One side tells all its people as they stand; a system that the field is not of has nothing to say of it."""
    road.clock.advance(timedelta(hours=1))
    object_name, address = ("Contact", "Email") if source == "crm" else ("Lead", "email")
    records = [
        Record(
            object_name, f"{source}{n}", "person", road.clock.now(),
            {address: f"p{n}@number{n}.example"} | ({} if name is None else {name: value}),
        )
        for n, value in enumerate(said.values())
    ]  # fmt: skip
    road.hub.take_in([page_of(records, road.clock.now(), source)])
    road.decide()


def played(road: Road, field: str, names: dict[str, str]) -> dict[str, tuple[object, dict, dict]]:
    """What became of the four people."""
    said = OPTED if field == "opted_out" else SAID
    for at, source in enumerate(("crm", "ma")):
        says(road, source, {case: values[at] for case, values in said.items()}, names.get(source))
    later = True if field == "opted_out" else "Later"
    says(road, "ma", {case: later if case == EDITED else values[1] for case, values in said.items()}, names.get("ma"))
    says(road, "crm", {case: None if case == CLEARED else values[0] for case, values in said.items()}, names.get("crm"))
    outcomes = {}
    for n, case in enumerate(said):
        held = road.rows(
            "SELECT w.value FROM v_winners w JOIN keys k ON k.entity_id = w.root_id "
            "WHERE w.field = :field AND k.value = :address", field=field, address=f"p{n}@number{n}.example",
        )  # fmt: skip
        value = json.loads(str(held[0][0])) if held else None
        written: dict[str, dict[str, object]] = {"crm": {}, "ma": {}}
        for source, fields in road.rows(
            "SELECT source, fields FROM commands WHERE verb = 'update' AND ref_id IN (:crm, :ma)",
            crm=f"crm{n}",
            ma=f"ma{n}",
        ):
            own = json.loads(str(fields))
            written[str(source)] |= {str(source): own[name] for name in own if name == names.get(str(source))}
        outcomes[case] = (value, written["crm"], written["ma"])
    return outcomes


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_table_does_what_it_is_called(sqlite_url: str, row: str):
    field, names, process = of_row(ROWS[row])
    with road_on(sqlite_url, process) as road:
        assert played(road, field, names) == dict(zip(SAID, EXPECTED[row], strict=True))


def test_every_row_is_played():
    assert list(ROWS) == list(EXPECTED)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split(":")[0])
def test_each_example_of_fields_loads(example: str):
    found = re.match(r"account|person", example)
    entity = found[0] if found else "person"
    rules = dict(re.findall(r"^ *(\w+): +(\{.+\})$", example, re.MULTILINE))
    assert len(rules) == example.count("trust:")
    assert with_fields(entity, rules).fields[entity].keys() >= rules.keys()

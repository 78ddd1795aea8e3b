"""What only one side sees goes to no system of the other, and is not told there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.process.load import load_files
from closeloop.process.sides import hidden_from, told
from closeloop.words.errors import ProcessError
from support.small_process import rule, small_process

TITLE = "    title:     {trust: [{newest: [crm.Title, ma.title, form.title]}], write: [crm, ma]}"
MEAL = "    meal:      {trust: [ma.meal_choice], write: [ma], seen_by: marketing}"
BUDGET = "    budget:    {trust: [crm.Budget__c], seen_by: sales}"


def with_lines(files, *lines, instead_of=None):
    text = files["b2b.yaml"].decode()
    assert TITLE in text
    kept = [] if instead_of == "title" else [TITLE]
    return {**files, "b2b.yaml": text.replace(TITLE, "\n".join([*kept, *lines])).encode()}


def faults(files):
    with pytest.raises(ProcessError) as error:
        load_files(files, "b2b.yaml")
    return [f"{fault.line}: {fault.what}" for fault in error.value.faults]


def test_each_side_keeps_its_own(sound_files):
    process = load_files(with_lines(sound_files, MEAL, BUDGET), "b2b.yaml")
    assert hidden_from("sales", process) == {"meal"}
    assert hidden_from("marketing", process) == {"budget"}
    assert hidden_from("sales", load_files(sound_files, "b2b.yaml")) == frozenset()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "    meal: {trust: [ma.meal_choice, crm.Meal__c], write: [ma, crm], seen_by: marketing}",
            "fields.person.meal.write[1]: 'crm' is a system of sales, and only marketing sees this field; valid: ma",
        ),
        (
            "    budget: {trust: [crm.Budget__c], write: [ma.budget], seen_by: sales}",
            "fields.person.budget.write[0]: 'ma' is a system of marketing, and only sales sees this field; valid: crm",
        ),
        ("    meal: {trust: [ma.meal_choice], seen_by: both}", "fields.person.meal.seen_by: unknown word 'both'"),
    ],
)
def test_naming_a_system_of_the_other_side_is_an_error_with_its_line(sound_files, line, said):
    (fault,) = faults(with_lines(sound_files, line))
    number = next(
        n for n, text in enumerate(with_lines(sound_files, line)["b2b.yaml"].decode().splitlines(), 1) if text == line
    )
    assert fault.startswith(f"{number}: {said}")


def test_what_people_are_called_by_has_no_side(sound_files):
    text = sound_files["b2b.yaml"].decode().replace("write: [ma.company], as: company}", "as: company, seen_by: sales}")
    (fault,) = faults({**sound_files, "b2b.yaml": text.encode()})
    assert "fields.account.company.seen_by: both sides call people by their company; take it out" in fault


def test_a_condition_is_quoted_unless_it_reads_what_the_other_side_does_not_see():
    process = small_process()
    titled = rule("title == 'CTO' and fit >= 20")
    assert told(titled, "sales", process) == titled.text
    title = replace(process.fields["person"]["title"], seen_by="marketing")
    secret = replace(process, fields={**process.fields, "person": {**process.fields["person"], "title": title}})
    assert told(titled, "sales", secret) == "a condition that only marketing sees"
    assert told(titled, "marketing", secret) == titled.text
    assert told(rule("fit >= 20"), "sales", secret) == "fit >= 20"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cleared_by: [crm, form.title]", None),
        ("cleared_by: [desk]", "fields.person.title.cleared_by[0]: unknown path in trust 'desk'; "),
        (
            "cleared_by: [crm.Titel]",
            "unknown path in trust 'crm.Titel'; did you mean 'crm.Title'? valid: crm, crm.Title,",
        ),
    ],
)
def test_who_may_clear_stands_in_trust(sound_files, line, said):
    files = with_lines(sound_files, f"{TITLE[:-1]}, {line}}}", instead_of="title")
    if said is None:
        title = load_files(files, "b2b.yaml").fields["person"]["title"]
        assert [str(path) for path in title.cleared_by] == ["crm.Title", "form.title"]
    else:
        (fault,) = faults(files)
        assert said in fault


def test_a_yes_or_no_a_name_and_a_file_clear_nothing(sound_files):
    text = sound_files["b2b.yaml"].decode()
    consent = text.replace("write: [crm, ma], gate: ignores}", "write: [crm, ma], gate: ignores, cleared_by: [crm]}")
    (fault,) = faults({**sound_files, "b2b.yaml": consent.encode()})
    assert "fields.person.opted_out.cleared_by: a yes is taken back by saying no" in fault
    named = text.replace("write: [crm, ma], as: person_name}", "write: [crm, ma], as: person_name, cleared_by: [crm]}")
    (fault,) = faults({**sound_files, "b2b.yaml": named.encode()})
    assert "fields.person.name.cleared_by: no CRM keeps anybody without a name" in fault
    fairs = text.replace("sources:  {", "sources:  {fair: {kind: file, columns: {job: text}, values: {job: job}}, ")
    line = TITLE.replace("form.title", "form.title, fair.job").replace("}", "}", 1)
    files = {**sound_files, "b2b.yaml": fairs.replace(TITLE, f"{line[:-1]}, cleared_by: [fair]}}").encode()}
    (fault,) = faults(files)
    assert "fields.person.title.cleared_by[0]: a row of a file leaves blank what it does not know" in fault

"""Every mistake of a declaration is named at once, with its line and what would be valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from closeloop.connectors.rest import connect
from closeloop.words.errors import BadInput, ProcessError

BROKEN = """rest:
  auth: {kind: basics}
  pages: {by: page}
  page: {by: cursor}
  errors: {table: [{means: sometimes, say: no}]}
objects:
  Contact:
    entity: person
    from: /people
    id: id
    where: {state: [on]}
    rest:
      since: {params: {since: now}}
      create: {path: /people}
      update: {path: /people, method: SEND}
      moments: {at: unixx}
      item: x
"""
EXPECTED = [
    (2, "rest.auth.kind: unknown word 'basics'; did you mean 'basic'?"),
    (3, "rest.pages: unknown key 'pages'; did you mean 'page'?"),
    (4, "rest.page.by: 'cursor' needs `param`"),
    (4, "rest.page.by: 'cursor' needs `next`"),
    (5, "rest.errors.table[0]: a line needs `status`, `code` or both"),
    (5, "rest.errors.table[0].means: unknown word 'sometimes'"),
    (11, "objects.Contact.where: has no meaning for REST"),
    (13, "objects.Contact.rest.since.params: needs {since} in one of its parameters"),
    (13, "objects.Contact.rest.since: needs `changed` in its object"),
    (14, "objects.Contact.rest.create: needs `find`"),
    (14, "objects.Contact.rest.create: needs `key` in its object"),
    (15, "objects.Contact.rest.update.path: needs {id}"),
    (15, "objects.Contact.rest.update.method: unknown word 'SEND'"),
    (16, "objects.Contact.rest.moments.at: unknown word 'unixx'; did you mean 'unix'?"),
    (17, "objects.Contact.rest.item: unknown key 'item'; did you mean 'items'?"),
]


def test_all_mistakes_are_named_with_their_lines(clock):
    with pytest.raises(ProcessError) as refused:
        connect({"url": "http://127.0.0.1:9", "declared": BROKEN, "declared_file": "small.yaml"}, clock)
    found = [(fault.line, fault.what) for fault in refused.value.faults]
    assert str(refused.value).startswith("small.yaml:2: ")
    for line, what in EXPECTED:
        assert any(at == line and text.startswith(what) for at, text in found), (line, what, found)
    assert len(found) == len(EXPECTED)


def test_settings_that_are_missing_are_named(clock, declared):
    with pytest.raises(BadInput, match="declared is missing; name the file"):
        connect({"url": "http://127.0.0.1:9"}, clock)
    with pytest.raises(BadInput, match=r"url is missing; give it in the settings or as `rest.url`"):
        connect({"declared": declared}, clock)
    with pytest.raises(ProcessError, match="rest: missing; it must be there"):
        connect({"declared": "objects: {Contact: {entity: person, from: /p, id: id}}"}, clock)


def test_the_declared_fields_are_what_is_discovered(vendor, connector, connected, declared):
    [shape] = connector.discover()
    assert [(field.name, field.writable) for field in shape.fields] == [
        ("Email", True),
        ("Name", True),
        ("Stage", True),
    ]
    vendor.add(mail="joe@acme.example", full={"name": "Joe"})
    text = declared.replace("    fields: {Email: mail, Name: full.name, Stage: stage}\n", "")
    text = text.replace('    values: {Stage: {"1": open}}\n', "").replace(
        "write: [Email, Name, Stage]", "write: [mail]"
    )
    [free] = connected(text).discover()
    assert {field.name for field in free.fields} == {"id", "mail", "full.name", "updated"}


ROOT = Path(__file__).resolve().parents[3]


def test_the_examples_are_declarations(clock):
    page = (ROOT / "docs" / "how-to" / "connect-rest.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    read, written = blocks[0], blocks[1]
    shorter, _, requests = written.partition("    rest:\n")
    both = read.replace("    rest:\n      items: results  ", f"{shorter}    rest:\n{requests}      items: results  ", 1)
    example = (ROOT / "examples" / "declared" / "tryton-rest.yaml").read_text()
    erp = ["Account", "Contact"]
    for text, names in ((read, erp), (both, erp), (example, ["Contact", "Opportunity"])):
        connector = connect({"url": "http://127.0.0.1:9", "token": "x", "declared": text}, clock)
        assert list(connector.objects()) == names
        connector.close()
    assert connector.declared.objects["Contact"].write == {"Name"}

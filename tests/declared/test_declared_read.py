"""A declaration is read, and every mistake in it is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeloop.declared.nouns import Ending, Pointer
from closeloop.declared.read import read_declared
from closeloop.words.errors import ProcessError

SOUND = """
objects:
  Contact:
    entity: person
    from: contacts
    id: [id]
    changed: updated_at
    fields: {Email: email, Name: full_name}
    refs: {account: {to: Account, by: account_id}, owner: {to: User, by: owner_id}}
    became: [{to: Contact, by: merged_into}, {to: Account, by: firm}]
    merges: {from: merges, loser: lost, survivor: won, each: '(\\d+):'}
    deletes: {from: bin, id: contact}
    write: [Email, owner]
  Account: {entity: account, from: firms, id: id}
"""


def read(text):
    return read_declared("erp.yaml", text.encode())


def faults(text):
    with pytest.raises(ProcessError) as raised:
        read(text)
    return [str(fault) for fault in raised.value.faults]


def test_reads_objects_relations_and_endings():
    declared = read(SOUND)
    contact = declared.objects["Contact"]
    assert declared.person_objects == ("Contact",)
    assert [each.name for each in declared.in_order()] == ["Account", "Contact"]
    assert contact.refs["account"] == Pointer("Account", ("account_id",))
    assert contact.became == (Pointer("Contact", ("merged_into",)), Pointer("Account", ("firm",)))
    assert contact.endings == (
        Ending("merges", "lost", "won", "(\\d+):", None),
        Ending("bin", "contact", None, None, None),
    )
    assert (declared.objects["Account"].fields, contact.write, contact.line) == (None, {"Email", "owner"}, 3)


def test_names_every_mistake_with_its_line_at_once():
    wrong = SOUND.replace("entity: person", "entity: persn").replace("write: [Email, owner]", "write: [Emial]")
    wrong = wrong.replace("to: Account, by: account_id", "to: Acount, by: account_id").replace("changed:", "chnged:")
    assert [each.partition("? valid")[0] for each in faults(wrong)] == [
        "erp.yaml:4: objects.Contact.entity: unknown word 'persn'; did you mean 'person'",
        "erp.yaml:7: objects.Contact.chnged: unknown key 'chnged'; did you mean 'changed'",
        "erp.yaml:9: objects.Contact.refs.account.to: unknown object 'Acount'; did you mean 'Account'",
        "erp.yaml:13: objects.Contact.write: unknown field 'Emial'; did you mean 'Email'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    from: contacts\n", "", "objects.Contact.from: missing"),
        ("id: [id]", "id: []", "a list of texts is needed"),
        ("changed: updated_at", "changed_zone: Mars/Base", "'Mars/Base' is no time zone"),
        ("by: account_id", "by: [a, b]", "2 columns; valid are 1, as many as Account has in its `id`"),
        ("'(\\d+):'", "'(\\d+'", "is no regular expression"),
        ("'(\\d+):'", "'(\\d+)(:)'", "valid is at most one"),
        (
            "write: [Email, owner]",
            "key: email\n    write: Email",
            "Email and our key are both written into the column email",
        ),
        ("entity: person", "entity: activity", "an activity needs `touch`"),
        ("entity: person", "entity: task\n    touch_is: call.loged", "did you mean 'call.logged'"),
        ("entity: person", "entity: task\n    touch: {at: x}", "`column` and `names` are both needed"),
        ("entity: person", "entity: person\n    active: {a: '*'}", "cannot be written"),
        ("entity: person", "entity: person\n    active: {a: 1}", "stands without `inactive`"),
        ("refs: {account", "refs: {acount", "did you mean 'account'"),
        ("objects:", "object:", "unknown key 'object'"),
    ],
)
def test_says_what_is_wrong_and_what_would_be_valid(old, new, said):
    assert old in SOUND
    found = faults(SOUND.replace(old, new, 1))
    assert any(said in each for each in found), found


OWNERS = "owners: {from: users, id: login, fields: {name: title, email: mail}, inactive: {state: [left]}}\n"


def test_the_users_are_no_people_and_have_keys_of_their_own():
    declared = read(SOUND + OWNERS)
    assert declared.owners is not None
    assert (declared.owners.source, declared.owners.id, declared.owners.inactive) == (
        "users", ("login",), {"state": ("left",)},
    )  # fmt: skip
    assert "User" not in declared.objects
    assert read(SOUND).owners is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from: users, ", "", "owners.from: missing"),
        ("email: mail", "mail: mail", "unknown field 'mail'; did you mean 'email'"),
        ("inactive:", "inactiv:", "unknown key 'inactiv'; did you mean 'inactive'"),
    ],
)
def test_says_what_is_wrong_with_the_users(old, new, said):
    found = faults(SOUND + OWNERS.replace(old, new, 1))
    assert any(said in each for each in found), found


def test_an_empty_declaration_says_what_it_needs():
    assert faults("{}") == ["erp.yaml:1: missing; a declaration names at least one object under `objects`"]


class More:
    top_keys = frozenset({"rest"})
    object_keys = frozenset({"path"})

    def __init__(self):
        self.url, self.paths = None, {}

    def read(self, root):
        part = root.part("rest")
        self.url = part.text("url", needed=True)
        objects = root.part("objects")
        self.paths = {name: objects.part(name).text("path", needed=True) for name in objects}


def test_a_kind_of_connector_reads_keys_of_its_own_with_the_same_faults():
    more = More()
    text = SOUND.replace("    from: contacts", "    from: contacts\n    path: /contacts")
    with pytest.raises(ProcessError) as raised:
        read_declared("api.yaml", f"rest: {{}}\n{text}".encode(), more)
    assert [str(each) for each in raised.value.faults] == [
        "api.yaml:1: rest.url: missing; it must be there",
        "api.yaml:16: objects.Account.path: missing; it must be there",
    ]
    assert more.paths == {"Contact": "/contacts", "Account": None}


def test_the_examples_are_sound():
    examples = Path(__file__).parents[2] / "examples" / "extracts"
    found = [read_declared(path.name, path.read_bytes()) for path in sorted(examples.glob("*_extract.yaml"))]
    assert len(found) == 4

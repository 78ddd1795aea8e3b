"""Accounts are looked up by domain and name, those that systems keep first; what is said of each is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from closeloop.db import Database
from closeloop.identity import store
from closeloop.identity.accounts import AccountBook, Links, Said, is_called_like
from closeloop.identity.employer import read_employer
from closeloop.identity.nouns import Attributed, Born, Claim
from closeloop.inbox.nouns import Key
from closeloop.matching.companies_ties import tie_breakers
from closeloop.matching.companies_weigh import read_wanted
from closeloop.ports import Ref
from support.messages import AT, POLICY, crm, form

JOE = "joe@acme.example"
APART = Links(lambda entity: entity, lambda root: [root])


def book(*accounts: tuple[str, str, str, int], ties: tuple[str, ...] = ()) -> AccountBook:
    """Accounts by id, name, domain and number of records that systems have of them."""
    found = AccountBook(tie_breakers(ties))
    for created, (id_, name, domain, n_records) in enumerate(accounts):
        found.add(id_, Said([name] if name else [], [domain] if domain else []), created, n_records)
    return found


def settled(found: AccountBook, company: str = "", email: str = "") -> tuple[str | None, str]:
    account, match = found.settled(read_wanted(company, email, "", None), APART)
    return account, match.band


@pytest.mark.parametrize(
    ("company", "email", "account"),
    [
        ("", JOE, "acme"), ("ACME GmbH", "", "acme"), ("Head office", JOE, "acme"), ("", "info@acme.example", "acme"),
        ("", "joe@gmail.com", None), ("", "joe@mailinator.com", None), ("", "joe@other.example", None), ("", "", None),
    ],
)  # fmt: skip
def test_an_account_is_found_by_the_domain_of_an_employer_and_by_its_name(company, email, account):
    found = book(("acme", "Acme Corp", "acme.example", 1), ("mail", "Mail", "gmail.com", 1))
    assert settled(found, company, email)[0] == account


def test_github_io_is_no_company_and_what_somebody_has_below_it_is():
    found = book(("host", "Host", "github.io", 1), ("joes", "Joes", "joes.github.io", 1))
    assert settled(found, email="joe@github.io")[0] is None
    assert settled(found, email="joe@else.github.io")[0] is None
    assert settled(found, email="joe@joes.github.io")[0] == "joes"


def test_a_part_of_a_company_is_not_the_company():
    found = book(("goldman", "Goldman Sachs", "", 1))
    assert settled(found, "Goldman Sachs Mortgage Loan Trust") == (None, "none")
    assert settled(found, "The Goldman Sachs Group, Inc.")[1] in ("same", "none")
    assert settled(found, "Goldman Sachs")[0] == "goldman"


TWINS = (("first", "Acme GmbH", "acme.example", 1), ("second", "Acme Inc", "acme.example", 2))


@pytest.mark.parametrize(
    ("ties", "account"), [((), None), (("most records",), "second"), (("least created",), "first")]
)  # fmt: skip
def test_of_two_accounts_of_one_domain_only_a_declared_criterion_chooses(ties, account):
    assert settled(book(*TWINS, ties=ties), email=JOE)[0] == account


def test_an_account_that_a_system_keeps_goes_before_one_that_people_named():
    assert settled(book(("named", "Acme", "", 0), ("kept", "ACME", "", 1)), "acme")[0] == "kept"
    both = book(("named", "Acme", "", 1), ("kept", "ACME", "", 1))
    assert settled(both, "acme") == (None, "ask"), "the control: of two that systems keep none goes first"


def test_the_domain_of_an_account_that_people_named_does_not_bring_another_name_to_it():
    assert settled(book(("named", "Acme", "acme.example", 0)), "Globex", JOE)[0] is None
    assert settled(book(("kept", "Acme", "acme.example", 1)), "Globex", JOE)[0] == "kept"


@pytest.mark.parametrize(
    ("domain", "name", "like"),
    [
        ("acme.example", "Acme Robotics GmbH", True), ("acme-robotics.example", "Acme Robotics", True),
        ("acmerobotics.example", "Acme Robotics", True), ("adviser.example", "Acme Robotics", False),
    ],
)  # fmt: skip
def test_a_domain_is_called_like_an_account_or_not(domain, name, like):
    assert is_called_like(domain, [name]) == like


def test_a_form_teaches_a_domain_that_is_called_like_the_name_and_no_other(memory):
    memory.hear(form(JOE, company="Acme Corp"), form("ann@adviser.example", company="Acme Corp"))
    (said,) = memory.known.accounts.said.values()
    assert said.domains == ["acme.example"]
    assert set(said.seen) == {"acme.example", "adviser.example"}


def test_two_people_of_an_account_by_the_crm_teach_their_domain_and_one_does_not(memory):
    def contact(id_: str, email: str):
        return crm("Contact", id_, email=email, account=Ref("Account", "A1"))

    memory.hear(crm("Account", "A1", name="Volks AG"), contact("C1", "joe@vx.example"), contact("C1", "joe@vx.example"))
    new = form("eve@vx.example")
    assert "account" not in memory.hear(new).relations.get(new.id, {})
    memory.hear(contact("C2", "ann@vx.example"))
    found = memory.hear(crm("Account", "A1", name="Volks AG"), new)
    assert found.relations[new.id]["account"] == memory.known.holders[Key("crm.Account", "A1")]
    assert found.inferred[new.id] == "account by domain vx.example"


def test_a_name_that_says_nothing_makes_no_account(memory):
    assert memory.hear(form(JOE, company="n/a")).relations == {}
    assert memory.hear(form(JOE, company="Acme")).relations != {}


def test_of_two_accounts_of_one_name_people_mean_neither_until_somebody_says_which(memory):
    memory.hear(crm("Account", "A1", name="Acme"), crm("Account", "A2", name="ACME"))
    one, other = form("joe@x.example", company="Acme"), form("ann@y.example", company="acme")
    found = memory.hear(one, other)
    named = found.relations[one.id]["account"]
    assert named == found.relations[other.id]["account"], "it is one claim"
    assert named not in {memory.known.holders[Key("crm.Account", id_)] for id_ in ("A1", "A2")}
    assert found.notes[one.id].startswith("which account is a question: 2 accounts match equally")


def test_what_is_said_of_an_account_is_read_of_a_message():
    said = read_employer(form("Joe@Mail.Acme.example", company=" Acme  Corp "), POLICY)
    assert (said.company, said.domain) == ("Acme Corp", "acme.example")
    assert read_employer(form("joe@gmail.com", company="n/a"), POLICY) == read_wanted("", "", "", None)


def save(database: Database, *accounts: tuple[str, str, str]) -> None:
    """Accounts by id, name and the kind of the key that they hold."""
    born = tuple(Born(id_, "account", AT, "m") for id_, _, _ in accounts)
    claims = tuple(Claim(Key(kind, id_), id_, AT, "m") for id_, _, kind in accounts)
    with database.write() as connection:
        store.save(connection, Attributed({}, {}, born, claims, (), (), {}))
        said = {id_: (Said([name]), "m") for id_, name, _ in accounts}
        store.save_accounts(connection, said, {id_ for id_, _, kind in accounts if kind == "company"})


def test_accounts_behind_keys_and_of_roots_are_read_with_what_was_said_and_how_many_records_there_are(database):
    save(database, ("a", "Acme", "crm.Account"), ("b", "Acme Foods", "company"), ("c", "Globex", "company"))
    with database.read() as connection:
        by_name = store.load_accounts(connection, {"name:acme"}, 10)
        assert [(each.entity_id, each.root_id, each.said.names, each.n_records) for each in by_name] == [
            ("a", "a", ["Acme"], 1)
        ]
        assert [each.entity_id for each in store.load_accounts(connection, {"word:acme"}, 10, ["c"])] == ["a", "b", "c"]
        assert [each.n_records for each in store.load_accounts(connection, {"word:acme"}, 10)] == [1, 0]
        assert [each.entity_id for each in store.load_accounts(connection, store.of_named({"word:acme"}), 9)] == ["b"]
        assert store.load_accounts(connection, {"word:acme"}, 1) == [], "a key of too many says nothing"
        assert store.load_accounts(connection, set(), 10) == []


def test_what_is_said_later_replaces_what_was_said_and_keys_stay(database):
    save(database, ("a", "Acme", "crm.Account"))
    with database.write() as connection:
        store.save_accounts(connection, {"a": (Said(["Acme", "Apex"], [], "DE", {"x.example": ["joe"]}), "n")}, set())
        for key in ("name:acme", "name:apex"):
            (found,) = store.load_accounts(connection, {key}, 10)
            assert found.said == Said(["Acme", "Apex"], [], "DE", {"x.example": ["joe"]})


def test_two_workers_with_one_company_go_one_after_the_other_and_those_with_two_do_not_wait(postgres_url):
    database = Database(postgres_url)
    with database.write() as one, database.write() as other:
        store.lock_companies(one, {"name:acme"})
        other.execute(text("SET LOCAL lock_timeout = '200ms'"))
        store.lock_companies(other, {"name:globex"})
        with pytest.raises(OperationalError, match="lock timeout"):
            store.lock_companies(other, {"name:acme"})
        other.rollback()
    database.close()


def test_looking_up_accounts_uses_indexes(sqlite_url):
    # On SQLite only: a nearly empty PostgreSQL reads whole tables whatever its indexes.
    database = Database(sqlite_url)
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2:4]))
    with database.read() as connection:
        store.load_accounts(connection, {"name:acme"}, 10, ["a"])
        asked = [said for said in statements if "account_keys a" in said[0]]
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in asked]
    database.close()
    steps = [step[-1] for plan in plans for step in plan]
    assert any("account_keys" in step or " a " in step for step in steps), steps
    assert not [step for step in steps if step.startswith(("SCAN a", "SCAN e", "SCAN c", "SCAN k"))], steps

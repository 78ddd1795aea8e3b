"""What is wrong with an installation is said in words that tell what to do, and an ended session is begun anew."""

from __future__ import annotations

import pytest

from closeloop.connectors.tryton import connect
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import BadInput, Permanent, Transient


def refused(settings, clock):
    connector = connect(settings, clock)
    try:
        with pytest.raises(Permanent) as error:
            connector.scan("Contact", None)
        [answer] = connector.push([Command("u", Verb.UPDATE, "Contact", Ref("Contact", "1"), fields={"name": "Joe"})])
        assert answer.outcome is Outcome.TRANSIENT, "it waits for the repair"
    finally:
        connector.close()
    return str(error.value)


def test_settings_that_lack_something_name_it(clock):
    with pytest.raises(BadInput, match=r"lack database, password; needed are url, database, username, password"):
        connect({"url": "http://127.0.0.1:9", "username": "hub"}, clock)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "wrong"}, "does not let 'hub' in: check username and password"),
        ({"database": "none"}, "no such database"),
        ({"person_category": "Human"}, "no category of parties named 'Human': make it"),
        ({"company": "Theirs"}, "no company 'Theirs' that the user may see; it shows Ours"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(tryton, clock, changed, said):
    assert said in refused({**tryton.settings, **changed}, clock)


def test_a_user_without_rights_is_told_which(tryton, clock, key):
    access = {"companies": [["add", [tryton.company]]], "company": tryton.company}
    tryton.create("res.user", name="Guest", login="guest", password="guest-of-tests-1", **access)
    connector = connect({**tryton.settings, "username": "guest", "password": "guest-of-tests-1"}, clock)
    [answer] = connector.push([Command(key, Verb.CREATE, "Opportunity", our_key=key, fields={"subject": "Pumps"})])
    assert answer.outcome is Outcome.PERMANENT
    assert "not allowed" in answer.reason
    connector.close()


def test_without_a_kind_of_relation_a_company_is_refused_and_all_else_works(tryton, clock, made):
    joe, acme = made("Contact", name="Joe", more="joe"), made("Account", name="Acme")
    connector = connect({**tryton.settings, "works_for": "Employee of"}, clock)
    given = Command("u", Verb.UPDATE, "Contact", joe, refs={"account": acme})
    [answer] = connector.push([given])
    assert answer.outcome is Outcome.PERMANENT
    assert "no kind of relation for working at a company" in answer.reason
    assert connector.fetch([joe])[joe].refs == {}
    connector.close()


def test_a_session_that_ended_is_begun_anew_without_anybody_noticing(connector, line, made):
    joe = made("Contact", name="Joe")
    line.sent.clear()
    connector._client._session = "aHViOjI6b2xk"
    assert joe in connector.fetch([joe])
    assert line.sent["common.db.login"] == 1


def test_a_server_that_does_not_answer_is_asked_again_later(clock):
    connector = connect({"url": "http://127.0.0.1:9", "database": "crm", "username": "u", "password": "p"}, clock)
    with pytest.raises(Transient, match="did not answer"):
        connector.pull(None)
    [answer] = connector.push([Command("c", Verb.CREATE, "Contact", our_key="c", fields={"name": "Joe"})])
    assert answer.outcome is Outcome.TRANSIENT
    connector.close()


def test_a_cursor_of_another_system_is_refused(connector):
    with pytest.raises(Permanent, match="not one of ours"):
        connector.pull("2026-09-01")

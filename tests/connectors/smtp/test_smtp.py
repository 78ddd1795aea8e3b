"""Alerts go out by real SMTP: each command has its answer, and what may go out twice can be told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from closeloop.connectors.smtp import connect, simulate
from closeloop.ports import Command, Outcome, Verb
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def mailbox(clock):
    with simulate(clock) as server:
        yield server


@pytest.fixture
def connector(mailbox, clock):
    return connect(mailbox.settings, clock)


def mail(key="m-1", to="sato@acme.example", **fields):
    given = {"to": to, "subject": "Joe of Acme looks at prices", "text": "Call Joe.", **fields}
    return Command(key, Verb.MAIL, "message", fields=given)


def test_a_mail_arrives_with_text_and_html_dated_by_the_clock(mailbox, connector):
    [answer] = connector.push([mail(html="<p>Call <b>Joé</b>.</p>", subject="Grüße\nBcc: x@y.example")])
    assert answer.outcome is Outcome.DONE
    [received] = mailbox.to("SATO@acme.example")
    assert received.subject == "Grüße Bcc: x@y.example", "a line break makes no header"
    assert received.message["Bcc"] is None
    assert received.text.strip() == "Call Joe."
    assert received.html.strip() == "<p>Call <b>Joé</b>.</p>"
    assert received.message["Date"].datetime == datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
    assert received.message["From"] == "Closeloop <hub@closeloop.example>"


def test_many_mails_go_over_one_connection(mailbox, connector):
    answers = connector.push([mail(f"m-{n}", f"p{n}@acme.example") for n in range(50)])
    assert [answer.key for answer in answers] == [f"m-{n}" for n in range(50)]
    assert len(mailbox.messages) == 50


def test_a_lost_answer_is_repeated_under_the_same_message_id(mailbox, connector, clock):
    mailbox.lose_answers(1)
    [lost] = connector.push([mail()])
    assert lost.outcome is Outcome.TRANSIENT
    clock.advance(timedelta(minutes=1))
    [again] = connector.push([mail()])
    assert again.outcome is Outcome.DONE
    first, second = mailbox.messages
    assert first.message["Message-ID"] == second.message["Message-ID"]
    connector.push([mail("m-2")])
    assert mailbox.messages[2].message["Message-ID"] != first.message["Message-ID"], "control: another command"


def test_a_connection_that_breaks_at_one_mail_does_not_keep_back_the_next(mailbox, connector):
    mailbox.lose_answers(1)
    answers = connector.push([mail("m-1"), mail("m-2")])
    assert [answer.outcome for answer in answers] == [Outcome.TRANSIENT, Outcome.DONE]


def test_one_refused_recipient_does_not_harm_the_other_mails(mailbox, connector):
    mailbox.reject("gone@acme.example")
    mailbox.reject("full@acme.example", "452 4.2.2 Mailbox full")
    answers = connector.push(
        [
            mail("m-1", "gone@acme.example"),
            mail("m-2", "full@acme.example"),
            mail("m-3"),
            mail("m-4", "Sato <sato@acme.example>, gone@acme.example"),
            mail("m-5", "sato@acme.example, full@acme.example"),
        ]
    )
    assert [answer.outcome for answer in answers] == [
        Outcome.PERMANENT,
        Outcome.TRANSIENT,
        Outcome.DONE,
        Outcome.DONE,
        Outcome.TRANSIENT,
    ]
    assert "'gone@acme.example': 550" in answers[0].reason
    assert "452" in answers[1].reason
    assert "gone@acme.example" in answers[3].reason, "who did not get it is named"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("554 5.7.1 Looks like spam", Outcome.PERMANENT),
        ("451 4.3.0 Try later", Outcome.TRANSIENT),
    ],
)
def test_a_refused_content_is_judged_by_its_code(mailbox, connector, said, outcome):
    mailbox.reject_next(said)
    answers = connector.push([mail("m-1"), mail("m-2")])
    assert [answer.outcome for answer in answers] == [outcome, Outcome.DONE]
    assert said.split(maxsplit=1)[1] in answers[0].reason


def test_a_server_that_is_away_is_tried_again_later(clock):
    with simulate(clock) as mailbox:
        connector = connect(mailbox.settings, clock)
    answers = connector.push([mail("m-1"), mail("m-2")])
    assert {answer.outcome for answer in answers} == {Outcome.TRANSIENT}
    assert "cannot be reached" in answers[0].reason


@pytest.mark.parametrize(
    "command",
    [
        mail(to=""),
        mail(to="not an address"),
        mail(text=""),
        Command("m-1", Verb.CREATE, "Lead", our_key="k"),
    ],
    ids=["nobody", "no address", "nothing to say", "another verb"],
)
def test_what_cannot_be_mailed_is_refused_with_its_reason(mailbox, connector, command):
    answers = connector.push([command, mail("m-2")])
    assert [answer.outcome for answer in answers] == [Outcome.PERMANENT, Outcome.DONE]
    assert answers[0].reason
    assert len(mailbox.messages) == 1


def test_a_mailbox_opens_and_closes_any_number_of_times(clock):
    for _ in range(50):
        with simulate(clock) as mailbox:
            assert mailbox.port


def test_there_is_nothing_to_read(connector):
    assert connector.pull(None).records == ()
    assert (connector.discover(), connector.read_back("message", ["k"]), connector.fetch([])) == ([], {}, {})
    assert not connector.verify_webhook({}, b"")


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "localhost"},
        {"host": "localhost", "sender": "a@b.example", "tls": "maybe"},
        {"host": "localhost", "sender": "a@b.example", "port": "smtp"},
    ],
)
def test_settings_that_cannot_work_are_refused(clock, settings):
    with pytest.raises(BadInput, match=r"needed|valid"):
        connect(settings, clock)

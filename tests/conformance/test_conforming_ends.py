"""Every connector costs what it says, is what its quality.yaml says, and says what to do when it is refused."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import Barred, Permanent, Transient
from support.stages.all import STAGES
from support.stages.stage import quality


def _some(stage):
    """A push of each simple verb that is claimed."""
    can, commands = stage.can(), []
    if "reads" not in can:
        return [stage.about(Verb.MAIL, Ref("message", ""), **stage.fields("Joe", "k"))] * 1
    joe, ann, bob = (stage.born(f"Joe {n}", n) for n in (91, 92, 93))
    name = next(iter(stage.fields("Joe", "k")))
    commands += [stage.create("New One", n=94), stage.create("New Two", n=95)]
    commands += [stage.about(Verb.UPDATE, joe, **{name: "Joe New"}), stage.about(Verb.UPDATE, ann, **{name: "Ann New"})]
    commands += [stage.about(Verb.DEACTIVATE, bob, reason="left")] * ("deactivate" in can)
    commands += [stage.about(Verb.JOIN, joe, list=stage.lists)] * ("join" in can)
    commands += [stage.about(Verb.LEAVE, ann, list=stage.lists)] * ("leave" in can)
    return commands


def test_a_push_costs_the_calls_that_were_said(stage):
    commands = _some(stage)
    cost, before = stage.connector.cost(commands), stage.connector.calls
    answers = stage.connector.push(commands)
    assert {answer.outcome for answer in answers} == {Outcome.DONE}, answers
    assert stage.connector.calls - before == cost


@pytest.mark.needs("erase")
def test_a_push_of_endings_costs_the_calls_that_were_said(stage):
    joe, ann = stage.born("Joe Miller", 1), stage.born("Ann Lee", 2)
    stage.carried_out(stage.about(Verb.DEACTIVATE, ann, reason="left"))
    for command in (stage.about(Verb.REACTIVATE, ann), stage.about(Verb.ERASE, joe)):
        cost, before = stage.connector.cost([command]), stage.connector.calls
        [answer] = stage.connector.push([command])
        assert (answer.outcome, stage.connector.calls - before) == (Outcome.DONE, cost), (command.verb, answer.reason)


@pytest.mark.needs("signs_in", "reads")
def test_wrong_credentials_say_what_to_do_and_tell_no_secret(stage):
    connector, secret = stage.refused()
    with pytest.raises(Permanent) as error:
        connector.pull(None)
    said = str(error.value)
    assert re.search(r"check|give|ask|renew", said), said
    assert secret not in said
    try:
        [answer] = connector.push([stage.create()])
    except Barred as error:  # the hub puts off what it was to send
        assert secret not in str(error)  # noqa: PT017 - one of two ways to say it
    else:
        assert answer.outcome is Outcome.TRANSIENT, "it waits for the repair"
        assert secret not in answer.reason
    connector.close()


@pytest.mark.needs("away")
def test_while_the_vendor_is_away_all_waits_and_goes_on_when_it_is_back(stage):
    reads = "reads" in stage.can()
    command = stage.create() if reads else stage.about(Verb.MAIL, Ref("message", ""), **stage.fields("Joe", "k"))
    with stage.away() as connector:
        if reads:
            with pytest.raises(Transient):
                connector.pull(None)
        try:
            [answer] = connector.push([command])
        except Transient:
            pass
        else:
            assert answer.outcome is Outcome.TRANSIENT, answer.reason
    [answer] = stage.carried_out(command)
    assert answer.outcome is Outcome.DONE, answer.reason


def test_its_quality_is_that_of_its_connector(stage):
    said = quality(stage.folder)
    assert stage.connector.batch_size == said["batch"]
    assert bool(stage.connector.bulk_size) == (
        "imports" in said["bulk"] or "import" in said["bulk"] or "writes of" in said["bulk"]
    )
    assert bool(stage.connector.can_merge) == ("merge" in said["verbs"])
    plain = [name for name in said["reads"] if " " not in name]
    if plain == said["reads"]:
        # Acts are told by a pull, and are no records that could be scanned.
        assert set(stage.connector.objects()) <= set(plain)
        assert set(plain) - set(stage.connector.objects()) <= {"Activity"}
    for name in said["writes"]:
        if " " not in name and name != "message":
            assert stage.connector.cost([Command("k", Verb.CREATE, name, our_key="k")])


def test_the_page_of_connectors_is_what_its_generator_writes():
    tool = Path(__file__).parents[2] / "tools" / "connectors_page.py"
    spec = importlib.util.spec_from_file_location("connectors_page", tool)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    page = generator.PAGE.read_text(encoding="utf-8")
    assert page == generator.written(page), "run .venv/bin/python tools/connectors_page.py"
    folders = {path.name for path in generator.FOLDERS.iterdir() if (path / "__init__.py").exists()}
    assert folders == {stage.folder for stage in STAGES.values()}, "every connector stands on a stage"
    assert len(generator.qualities()) == len(folders)

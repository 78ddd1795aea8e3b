"""What goes wrong with a database says what to do."""

from __future__ import annotations

import pytest

from closeloop.connectors.sql import connect
from closeloop.words.errors import BadInput, Permanent, Transient
from support.erp import DECLARED, read_all

pytestmark = pytest.mark.without_tables


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"declared": DECLARED}, "url missing"),
        ({"url": "sqlite://", "declared": ""}, "declared missing"),
        ({"url": "no address", "declared": DECLARED}, "valid is such as postgresql"),
        ({"url": "wonder://host/db", "declared": DECLARED}, "wonder"),
        ({"url": "mysql+mysqldb://host/db", "declared": DECLARED}, "driver MySQLdb is not installed"),
        ({"url": "sqlite://", "declared": DECLARED, "page_size": "many"}, "page_size = 'many'"),
        ({"url": "sqlite://", "declared": "objects: {Contact: {entity: persn}}"}, "did you mean 'person'"),
    ],
)
def test_wrong_settings_say_which_and_what_is_valid(settings, said, clock):
    with pytest.raises(BadInput, match=said):
        connect(settings, clock)


def test_a_table_that_is_not_there_is_named_with_the_near_match(opened, erp):
    with pytest.raises(Permanent, match=r"no table or view 'poeple' \(erp.yaml, line 3\); did you mean 'people'"):
        opened(DECLARED.replace("from: people", "from: poeple")).pull(None)


def test_a_column_that_is_gone_is_named_and_found_when_it_is_back(opened, people, erp):
    connector = opened()
    _, cursor = read_all(connector)
    erp("ALTER TABLE people RENAME COLUMN email TO mail")
    with pytest.raises(Permanent, match="email"):
        read_all(connector, cursor)
    with pytest.raises(Permanent, match=r"people has no column 'email' \(erp.yaml, line 3\); did you mean 'mail'"):
        read_all(connector, cursor)
    erp("ALTER TABLE people RENAME COLUMN mail TO email")
    assert read_all(connector, cursor)[0] == []


def test_every_column_that_is_not_there_is_named_at_once(opened, erp):
    wrong = DECLARED.replace("{Email: email, Name: full_name", "{Email: mial, Name: fullname").replace(
        "title}", "titel}"
    )
    with pytest.raises(Permanent) as raised:
        opened(wrong).discover()
    said = str(raised.value)
    assert (
        "people has no columns 'mial', 'fullname' (erp.yaml, line 3); did you mean 'email', 'full_name'? it has" in said
    )
    assert "firms has no column 'titel' (erp.yaml, line 18); did you mean 'title'? it has id, title" in said


def test_a_database_that_is_not_there_says_what_to_do(postgres_url, clock):
    other = connect({"url": postgres_url.rpartition("/")[0] + "/not_there", "declared": DECLARED}, clock)
    with pytest.raises(Permanent, match="give the name of one that is there"):
        other.pull(None)
    other.close()


def test_a_database_that_is_away_is_worth_another_try(postgres_server, postgres_url, clock):
    connector = connect({"url": postgres_url, "declared": DECLARED}, clock)
    postgres_server.stop()
    with pytest.raises(Transient, match="cannot be asked now"):
        connector.pull(None)
    connector.close()


def test_a_file_that_is_no_database_says_so(tmp_path, clock):
    (tmp_path / "erp.db").write_text("not a database at all, but some text that is long enough to be read as one" * 20)
    connector = connect({"url": f"sqlite:///{tmp_path / 'erp.db'}", "declared": DECLARED}, clock)
    with pytest.raises(Permanent, match="give the path of a SQLite file"):
        connector.pull(None)
    connector.close()

"""Where the parts are plugged together: what is opened when, and how mistakes are told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from closeloop.app import main
from closeloop.installed import Installed, open_database
from closeloop.words.errors import BadInput
from closeloop.words.moment import SystemClock
from support.command import B2B

pytestmark = pytest.mark.without_tables


def said(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Exit code and what went to stderr."""
    monkeypatch.setattr(sys, "argv", ["closeloop", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--database", "nonsense", "report", "funnel"], "'nonsense' is no address of a database; valid are sqlite:"),
        (["--database", "postgres:/a:s@cret@b/c", "report", "funnel"], "'postgres:***@b/c' is no address of a"),
        (
            ["--database", "mysql://a:secret@b/c", "report", "funnel"],
            "mysql://a:***@b/c: mysql is not among the databases",
        ),
        (["--database", "sqlite:////dev/null/hub.db", "report", "funnel"], "the folder cannot be made: "),
        (
            ["--database", "postgresql://a:secret@127.0.0.1:1/b", "report", "funnel"],
            "postgresql://a:***@127.0.0.1:1/b cannot be opened: connection failed: ",
        ),
        (
            ["--database", f"sqlite:///{B2B}", "report", "funnel"],
            "cannot be opened: file is not a database; mend that, or name another with --database",
        ),
        (["--process", "none.yaml", "up"], "none.yaml:0: cannot be read: No such file or directory"),
        (["--process", "none.yaml", "demo"], "none.yaml:0: cannot be read: No such file or directory"),
        (["report", "funnel"], "holds no process yet; name its file with --process or CLOSELOOP_PROCESS"),
        (["report", "none"], "there is no report 'none'; valid are "),
        (["--process", B2B, "unlink", "none", "--by", "me"], "none is not undone: there is no "),
        (["run", "nowhere", "--data", "."], "nowhere/process.yaml:0: cannot be read"),
    ],
)
def test_a_mistake_is_told_in_one_line_without_a_traceback(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    code, error = said(arguments, monkeypatch, capsys)
    assert code == 1
    assert message in error
    assert "Traceback" not in error


def test_every_fault_of_a_process_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "b2b.yaml"
    sound = Path(B2B).read_text()
    file.write_text(sound.replace("to: inside_sales}", "to: outside_sales}").replace("to: field}", "to: filed}"))
    for table in Path(B2B).parent.glob("*.csv"):
        (tmp_path / table.name).write_bytes(table.read_bytes())
    code, error = said(["--process", str(file), "up"], monkeypatch, capsys)
    assert code == 1
    assert all(line.startswith("b2b.yaml:") for line in error.splitlines())
    assert "outside_sales" in error
    assert "filed" in error


def test_a_command_that_needs_no_database_opens_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["closeloop", "check", B2B])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "b2b@7 is sound" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path):
    open_database(f"sqlite:///{tmp_path / 'var' / 'hub.db'}").close()
    assert (tmp_path / "var" / "hub.db").is_file()


def test_the_newest_process_in_the_database_is_used_when_none_is_named(database_url: str):
    first, second = Installed(database_url, Path(B2B), {}), Installed(database_url, None, {})
    assert first.hub.process.signed == second.process.signed == "b2b@7"
    first.close()
    second.close()


def test_a_changed_process_file_must_raise_its_version(database_url: str, tmp_path: Path):
    Installed(database_url, Path(B2B), {}).hub.database.close()
    for file in Path(B2B).parent.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "b2b.yaml").write_text(Path(B2B).read_text() + "\n# another file\n")
    changed = Installed(database_url, tmp_path / "b2b.yaml", {})
    with pytest.raises(BadInput, match="b2b@7 is in use with other content"):
        _ = changed.hub
    changed.close()


def test_connects_what_has_its_settings_and_says_what_the_others_lack(sqlite_url: str):
    environment = {
        "CLOSELOOP_CRM_URL": "http://127.0.0.1:1", "CLOSELOOP_CRM_CLIENT_ID": "id",
        "CLOSELOOP_CRM_CLIENT_SECRET": "secret", "CLOSELOOP_FORM_WRITE_KEY": "key",
        "CLOSELOOP_CRM": "no setting", "OTHER_CRM_URL": "not ours",
    }  # fmt: skip
    installed = Installed(sqlite_url, Path(B2B), environment)
    with installed.connected() as (ends, missing):
        assert list(ends) == ["crm"]
        assert [line.partition(" ")[0] for line in missing] == ["ma", "mail"]
    assert installed.write_keys() == ({"key": "form"}, [])
    assert Installed(sqlite_url, Path(B2B), {}).write_keys() == (
        {},
        ["form (webform) takes nothing in: set CLOSELOOP_FORM_WRITE_KEY"],
    )
    installed.close()


def test_a_fresh_hub_wants_an_empty_database(database_url: str):
    installed = Installed(None, Path(B2B), {})
    with installed.fresh(database_url, installed.process, SystemClock()) as hub:
        assert hub.process.signed == "b2b@7"
    with (
        pytest.raises(BadInput, match="in use by b2b@7"),
        installed.fresh(database_url, installed.process, SystemClock()),
    ):
        pass

"""Starting the desk: what stops it, with the cure; and what its document says."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.command_line import main
from bot.desk.access.lockout import OF_ADDRESS, OF_NAME
from bot.desk.access.passwords import LEAST
from bot.desk.access.sessions import IDLE, LONGEST
from bot.desk.access.users import ROLES, changing_users
from bot.desk.command_line import VERBS
from bot.settings import ROOT, SETTINGS
from bot.web.desk.server import _only_one
from bot.web.server import bind

DOCUMENT = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")


@pytest.fixture
def users(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "users.yml"
    monkeypatch.setenv("FOOTNOTE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("FOOTNOTE_DESK_USERS", str(path))
    return path


def refused(capsys, *arguments: str) -> str:
    assert main(["desk", "serve", *arguments]) == 1
    return capsys.readouterr().err


def test_desk_is_off_without_the_setting(users, monkeypatch, capsys) -> None:
    monkeypatch.delenv("FOOTNOTE_DESK_USERS")
    assert "footnote: the desk's page is off; to switch it on, set FOOTNOTE_DESK_USERS" in refused(capsys)


def test_desk_without_a_user_says_how_to_add_one(users, capsys) -> None:
    assert f"{users}: no such file" in refused(capsys)
    with changing_users(users):
        pass
    assert "run: python -m bot desk user add" in refused(capsys)


def test_broken_file_of_users_stops_the_start_with_line_and_key(users, capsys) -> None:
    users.write_text("users:\n- name: ann\n  role: boss\n  password: x\n")
    users.chmod(0o600)
    assert re.search(r"users\.yml:4: users\[1\]\.password: is no Argon2id hash", refused(capsys))


def test_taken_port_and_second_desk_are_told(users, hashed, settings, capsys) -> None:
    from bot.desk.access.users import User

    with changing_users(users) as known:
        known["ann"] = User(name="ann", role="reader", password=hashed)
    with bind("127.0.0.1", 0) as taken:
        said = refused(capsys, "--port", str(taken.getsockname()[1]))
    assert "is in use; run: python -m bot desk serve --port 8123" in said
    from bot.settings import read_settings

    with _only_one(read_settings()):
        assert "another desk runs over" in refused(capsys, "--port", "8123")


def test_document_says_what_the_code_does() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot/web/desk/pages").glob("*.html"))
    keys = set(re.findall(r'data-key="(\w)"', templates)) | {"1", "2", "3", "j", "k", "Enter", "Esc"}
    table = DOCUMENT.partition("| key |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in table.splitlines()[2:]))) == keys
    assert re.findall(r"^\| `(\w+)` \| (?:see|also)", DOCUMENT, re.M) == list(ROLES)
    assert f"After {OF_NAME} wrong ones for a name, or {OF_ADDRESS} from an address" in DOCUMENT
    assert f"{IDLE / 60:.0f} minutes without a request and {LONGEST / 3600:.0f} hours in all" in " ".join(DOCUMENT.split())
    assert f"{LEAST} characters or more" in DOCUMENT
    verbs = set(re.findall(r"bot desk (\w+)", DOCUMENT)) - {"serve"}
    assert verbs <= {add.__name__.removeprefix("add_") for add in VERBS}


def test_readme_names_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(FOOTNOTE_\w+)` \| `([^`]*)` \|", readme, re.M))
    assert rows == {setting.name: setting.default for setting in SETTINGS}

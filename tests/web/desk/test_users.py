"""The file of users: who may read it, what is wrong in it with file, line and key, and the verbs that change it."""
from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from bot.command_line import main
from bot.desk.access import passwords, users
from bot.desk.access.users import User, UserFile, changing_users, read_users
from bot.errors import DataFileError, SetupError
from bot.settings import read_settings

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
GOOD = f'users:\n- name: "ann"\n  role: editor\n  password: "{HASH}"\n'
PASSWORD = "correct horse battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.yml"
    path.write_text(GOOD)
    path.chmod(0o600)
    return path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch):
    """Runs `python -m bot desk …` on a folder of its own, with lines on standard input."""
    monkeypatch.setenv("FOOTNOTE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("FOOTNOTE_DESK_USERS", str(tmp_path / "var" / "users.yml"))

    def run(*arguments: str, said: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        return main(["desk", *arguments])

    return run


def test_users_are_read(file: Path) -> None:
    assert read_users(file) == {"ann": User(name="ann", role="editor", password=HASH)}


@pytest.mark.parametrize(("text", "problem"), [
    ("users:\n- name: ann\n", r":2: users\[1\].role is missing|: users\[1\].role is missing"),
    (GOOD.replace("editor", "owner"), r":3: users\[1\].role: 'owner' is none of: reader, editor, shipper"),
    (GOOD.replace('"ann"', "12"), r":2: users\[1\].name: must be a text"),
    (GOOD.replace("ann", "Ann Lee"), r":2: users\[1\].name: 'Ann Lee' is no name; small letters"),
    (GOOD.replace(HASH, "open sesame"), r":4: users\[1\].password: is no Argon2id hash; run: python -m bot desk user password ann"),
    (GOOD.replace("$argon2id$", "$argon2i$"), r":4: users\[1\].password: is no Argon2id hash"),
    (GOOD + "  phone: 1\n", r":5: users\[1\].phone: unknown key; the keys here are: name, role, password"),
    (GOOD + GOOD.removeprefix("users:\n"), r":5: users\[2\].name: ann stands here twice"),
    ("people: []\n", r":1: people: unknown key"),
    ("users: ann\n", r":1: users: must be a list of mappings"),
    ("users: [\n", "not valid YAML"),
])
def test_broken_file_is_told_with_line_and_key(file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(DataFileError, match=problem) as raised:
        read_users(file)
    assert str(file) in str(raised.value) and "open sesame" not in str(raised.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_file_that_others_may_read_or_change_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(DataFileError, match=f"others may read or change it; run: chmod 600 {file}"):
        read_users(file)


def test_change_of_the_file_is_seen_at_once_and_a_broken_one_lets_nobody_in(file: Path) -> None:
    users = UserFile(file)
    assert users.get("ann").role == "editor" and users.get("bob") is None
    with changing_users(file) as known:
        del known["ann"]
    assert users.get("ann") is None
    file.write_text("users: [")
    for _ in range(2):
        with pytest.raises(DataFileError):
            users.get("ann")
    file.unlink()
    with pytest.raises(DataFileError, match="no such file"):
        users.get("ann")


def test_file_is_written_whole_or_not_at_all(file: Path, monkeypatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataFileError, match="No space left on device.*stands as before"), changing_users(file) as known:
        known.clear()
    assert file.read_text() == GOOD and [path.name for path in file.parent.iterdir()] == ["users.yml"]


def test_user_is_added_listed_and_removed(desk, tmp_path: Path, capsys) -> None:
    assert desk("user", "add", "ann", "--role", "shipper", said=f"{PASSWORD}\n") == 0
    path = tmp_path / "var" / "users.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and PASSWORD not in path.read_text()
    assert passwords.matches(PASSWORD, read_users(path)["ann"].password)
    assert desk("user", "add", "bob", "--role", "reader", said=PASSWORD) == 0
    assert desk("user", "list") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [f"{'ann':20} shipper", f"{'bob':20} reader"]
    assert desk("user", "remove", "ann") == 0
    assert list(read_users(path)) == ["bob"]
    desk("audit")
    assert [line.split(maxsplit=3)[3].split() for line in capsys.readouterr().out.splitlines()[-3:]] == [
        ["user", "added", "ann,", "shipper"], ["user", "added", "bob,", "reader"], ["user", "removed", "ann"]]


def test_new_password_takes_the_place_of_the_old(desk, tmp_path: Path) -> None:
    desk("user", "add", "ann", "--role", "shipper", said=PASSWORD)
    assert desk("user", "password", "ann", said="another one that is long") == 0
    hashed = read_users(tmp_path / "var" / "users.yml")["ann"].password
    assert passwords.matches("another one that is long", hashed) and not passwords.matches(PASSWORD, hashed)


@pytest.mark.parametrize(("arguments", "said", "problem"), [
    (("add", "ann", "--role", "reader"), "too short\n", "a password has 12 to 200 characters; nothing was changed"),
    (("add", "ann", "--role", "reader"), "", "a password has 12"),
    (("add", "ann", "--role", "reader"), "aaaaaaaaaaaaaaaaaa", "more than three different characters"),
    (("add", "Ann", "--role", "reader"), PASSWORD, "'Ann' is no name"),
    (("password", "eve"), PASSWORD, "there is no user eve; there are: none"),
    (("remove", "eve"), "", "there is no user eve"),
])
def test_what_cannot_be_done_is_told_and_changes_nothing(desk, tmp_path: Path, capsys, arguments, said: str, problem: str) -> None:
    assert desk("user", *arguments, said=said) == 1
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "var" / "users.yml").exists()


def test_nobody_is_added_twice(desk, capsys) -> None:
    desk("user", "add", "ann", "--role", "reader", said=PASSWORD)
    assert desk("user", "add", "ann", "--role", "shipper", said=PASSWORD) == 1
    assert "ann is there already" in capsys.readouterr().err


def test_terminal_is_asked_twice(desk, monkeypatch, capsys) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    answers = iter([PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda question: next(answers))
    monkeypatch.setattr("io.StringIO", Terminal)
    assert desk("user", "add", "ann", "--role", "reader") == 1
    assert "the two passwords are not the same" in capsys.readouterr().err
    assert desk("user", "add", "ann", "--role", "reader") == 0
    assert next(answers, None) is None


def test_without_the_setting_the_page_is_off_and_says_how_to_switch_it_on() -> None:
    with pytest.raises(SetupError, match="set FOOTNOTE_DESK_USERS to a file of users"):
        users.users_path(read_settings({}))


def test_two_changes_at_once_lose_nobody(tmp_path: Path) -> None:
    path = tmp_path / "users.yml"
    for _ in range(5):
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                with changing_users(path) as known:
                    known[f"u{len(known)}"] = User(name=f"u{len(known)}", role="reader", password=HASH)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
    assert len(read_users(path)) == 20

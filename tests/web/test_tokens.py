"""bot.web.tokens: genuine, expiring, unreadable to strangers."""
from __future__ import annotations

import stat
import string
import threading

import pytest
from itsdangerous import TimestampSigner

from bot.errors import SetupError
from bot.web.tokens import Tokens, new_conversation, read_or_make_key

DAY = 86_400


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path / "var" / "secret.key", keep_days=30)


@pytest.fixture
def later(monkeypatch):
    """Moves the signers' clock."""
    def move(seconds):
        now = TimestampSigner.get_timestamp
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) + seconds)
    return move


def test_a_token_names_its_conversation(tokens):
    conversation = new_conversation()
    assert tokens.read(tokens.issue(conversation)) == conversation


def test_conversation_ids_are_random():
    assert len({new_conversation() for _ in range(1000)}) == 1000


def test_every_changed_letter_kills_a_token(tokens):
    token = tokens.issue(new_conversation())
    for place, old in enumerate(token):
        for new in string.ascii_letters + string.digits + "-_.=+/ !é":
            if new != old:
                assert tokens.read(token[:place] + new + token[place + 1:]) is None


@pytest.mark.parametrize("change", [
    lambda t: t + "=", lambda t: t + "\n", lambda t: " " + t, lambda t: t[:-1], lambda t: t + "!!", lambda t: "",
    lambda t: t.upper(), lambda t: t.rpartition(".")[0], lambda t: "x" * 9999, lambda t: "\ud800",
])
def test_what_only_looks_like_a_token_is_none(tokens, change):
    assert tokens.read(change(tokens.issue(new_conversation()))) is None


def test_a_token_of_another_key_is_none(tokens, tmp_path):
    stranger = Tokens(tmp_path / "other.key", keep_days=30)
    assert tokens.read(stranger.issue(new_conversation())) is None


def test_a_token_lives_as_long_as_conversations_are_kept(tokens, later):
    token = tokens.issue(new_conversation())
    later(30 * DAY - 60)
    assert tokens.read(token)
    later(120)
    assert tokens.read(token) is None


def test_a_token_is_renewed_once_it_is_no_longer_young(tokens, monkeypatch):
    conversation = new_conversation()
    token = tokens.issue(conversation)
    assert tokens.refresh(token) == token
    now = TimestampSigner.get_timestamp
    with monkeypatch.context() as past:
        past.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) - 4 * DAY)
        old = tokens.issue(conversation)
    assert tokens.refresh(old) != old
    assert tokens.read(tokens.refresh(old)) == conversation


def test_only_a_genuine_token_can_be_refreshed(tokens):
    with pytest.raises(ValueError):
        tokens.refresh("x")


def test_the_key_is_made_once_and_for_nobody_else(tokens, tmp_path):
    key = tmp_path / "var" / "secret.key"
    assert not key.exists()
    token = tokens.issue(new_conversation())
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["secret.key"]
    assert Tokens(key, keep_days=30).read(token)


def test_many_at_once_agree_on_one_key(tmp_path):
    key, seen, start = tmp_path / "secret.key", [], threading.Barrier(8)

    def read():
        start.wait()
        seen.append(read_or_make_key(key))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_a_broken_key_file_stops_with_the_cure(tmp_path):
    (tmp_path / "secret.key").write_bytes(b"short")
    with pytest.raises(SetupError, match="delete the file and start again"):
        read_or_make_key(tmp_path / "secret.key")


def test_a_folder_that_cannot_be_made_stops_with_the_cure(tmp_path):
    (tmp_path / "var").write_text("a file")
    with pytest.raises(SetupError, match="FOOTNOTE_VAR"):
        read_or_make_key(tmp_path / "var" / "secret.key")

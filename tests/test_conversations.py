"""What is kept: whole or not at all, shared between processes, and gone when it is deleted."""
from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from bot.conversations import ConversationStore
from bot.errors import SetupError

SECRET = "my feet are none of your business"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "conversations.sqlite3"


@pytest.fixture
def store(path: Path):
    store = ConversationStore(path)
    yield store
    store.close()


@pytest.fixture
def other(path: Path):
    """A second store on the same file, as a second process has it."""
    store = ConversationStore(path)
    yield store
    store.close()


def feedback(path: Path) -> list[tuple]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT conversation, reply, rating, reason FROM feedback ORDER BY 1, 2").fetchall()
    finally:
        connection.close()


def age(path: Path, conversation: str, days: float) -> None:
    """Make what is kept of a conversation older."""
    with sqlite3.connect(path) as connection:
        for table in ("events", "feedback"):
            connection.execute(f"UPDATE {table} SET at = at - ? WHERE conversation = ?", (days * 86_400, conversation))
    connection.close()


def test_nothing_is_opened_before_it_is_used(path: Path) -> None:
    ConversationStore(path).close()
    assert not path.parent.exists()


def test_events_are_kept_in_order_and_numbered(store) -> None:
    assert store.last_number("a") == 0 and store.events("a") == []
    assert store.append("a", ["1", "2"], after=0) == 2
    assert store.append("a", ["3"], after=2) == 3
    assert store.append("a", [], after=3) == 3
    assert (store.events("a"), store.last_number("a")) == (["1", "2", "3"], 3)


def test_conversations_are_kept_apart(store) -> None:
    store.append("a", ["1"], after=0)
    store.append("b", ["x", "y"], after=0)
    assert (store.events("a"), store.events("b"), sorted(store.conversations())) == (["1"], ["x", "y"], ["a", "b"])


def test_more_than_ten_events_stay_in_order(store) -> None:
    bodies = [str(n) for n in range(25)]
    store.append("a", bodies, after=0)
    assert store.events("a") == bodies


def test_events_are_written_all_or_none(store) -> None:
    store.append("a", ["1", "2", "3"], after=0)
    with pytest.raises(sqlite3.IntegrityError):
        store.append("a", ["new", "taken"], after=-1)  # 0 is free, 1 is taken
    assert store.events("a") == ["1", "2", "3"]

    def breaks():
        yield "4"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.append("a", breaks(), after=3)
    assert store.events("a") == ["1", "2", "3"]
    assert store.append("a", ["4"], after=3) == 4, "a failed write leaves no lock behind"


def test_who_comes_second_with_the_same_number_is_refused(store, other) -> None:
    store.append("a", ["1"], after=0)
    other.append("a", ["2"], after=other.last_number("a"))
    with pytest.raises(sqlite3.IntegrityError):
        store.append("a", ["late", "later"], after=1)
    assert store.events("a") == other.events("a") == ["1", "2"]


def test_two_stores_write_at_once_and_lose_nothing(store, other) -> None:
    store.append("warm", ["up"], after=0)
    failures = []

    def write(which: ConversationStore, name: str) -> None:
        try:
            for n in range(40):
                which.append(name, [f"{n}"], after=n)
        except Exception as error:  # noqa: BLE001 - told to the test below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(which, f"{name}{n}"))
               for n in range(3) for which, name in ((store, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    for n in range(3):
        assert len(store.events(f"b{n}")) == len(other.events(f"a{n}")) == 40


def test_events_outlive_the_store(store, path: Path) -> None:
    store.append("a", ["1"], after=0)
    store.close()
    again = ConversationStore(path)
    assert again.events("a") == ["1"]
    again.close()


def test_a_closed_store_opens_again_when_it_is_used(store) -> None:
    store.append("a", ["1"], after=0)
    store.close()
    store.close()
    assert store.events("a") == ["1"]


def test_second_feedback_replaces_the_first(store, path: Path) -> None:
    store.rate("a", "r1", "up", None)
    store.rate("a", "r2", "up", None)
    store.rate("a", "r1", "down", "wrong")
    assert feedback(path) == [("a", "r1", "down", "wrong"), ("a", "r2", "up", None)]


def test_deletion_forgets_everything_of_that_conversation_only(store, other, path: Path) -> None:
    for name in "ab":
        store.append(name, ["1"], after=0)
        store.rate(name, "r", "up", None)
    store.delete("a")
    assert (store.events("a"), store.last_number("a"), store.conversations()) == ([], 0, ["b"])
    assert feedback(path) == [("b", "r", "up", None)]
    assert store.is_deleted("a") and other.is_deleted("a") and not other.is_deleted("b")


def test_deletion_leaves_no_word_in_any_file(store, path: Path) -> None:
    store.append("a-conversation", [SECRET] * 50, after=0)
    store.rate("a-conversation", "r", "down", SECRET)
    assert any(SECRET.encode() in file.read_bytes() for file in path.parent.iterdir())
    store.delete("a-conversation")
    for file in path.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file.name
        assert b"a-conversation" not in file.read_bytes(), file.name


def test_deletion_of_what_is_not_kept_is_remembered_too(store) -> None:
    store.delete("never seen")
    store.delete("never seen")
    assert store.is_deleted("never seen")


def test_turn_that_ends_after_the_deletion_is_not_kept(store, other) -> None:
    store.append("a", ["1"], after=0)
    other.delete("a")
    store.append("a", ["2"], after=1)
    assert store.events("a") == other.events("a") == []


def test_file_is_for_its_owner_only(store, path: Path) -> None:
    store.append("a", ["1"], after=0)
    assert {file.name: oct(file.stat().st_mode & 0o077) for file in path.parent.iterdir()} == {
        file.name: "0o0" for file in path.parent.iterdir()}


def test_purge_forgets_deletions_whose_tokens_have_expired(store, path: Path) -> None:
    for name in ("old", "new"):
        store.delete(name)
    with sqlite3.connect(path) as connection:
        digest = hashlib.sha256(b"old").hexdigest()
        connection.execute("UPDATE deleted SET at = at - 31 * 86400 WHERE digest = ?", (digest,))
    connection.close()
    store.purge()
    assert not store.is_deleted("old") and store.is_deleted("new")


def test_purge_forgets_conversations_that_ended_long_ago(store, path: Path) -> None:
    for name in ("old", "new"):
        store.append(name, ["1"], after=0)
        store.rate(name, "r", "up", None)
    age(path, "old", 30.01)
    age(path, "new", 29.99)
    assert store.purge() == 1
    assert store.conversations() == ["new"] and feedback(path) == [("new", "r", "up", None)]
    assert not store.is_deleted("old"), "a purged conversation may go on"
    assert store.purge() == 0


def test_purge_keeps_the_whole_of_a_conversation_that_goes_on(store, path: Path) -> None:
    store.append("a", ["old"], after=0)
    age(path, "a", 100)
    store.append("a", ["new"], after=1)
    assert store.purge() == 0 and store.events("a") == ["old", "new"]


def test_purge_keeps_as_many_days_as_it_is_told(path: Path) -> None:
    store = ConversationStore(path, keep_days=1)
    store.append("a", ["1"], after=0)
    age(path, "a", 1.5)
    assert store.purge() == 1
    store.close()


def shorter(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        names = [row[0] for row in connection.execute("SELECT conversation FROM shorter ORDER BY 1")]
    connection.close()
    return names


def test_purge_forgets_a_clinics_conversations_when_the_clinic_wants_it(store, path: Path) -> None:
    for name in ("shorter", "young", "plain"):
        store.append(name, ["1", "2"], after=0)
        store.rate(name, "r", "up", None)
    store.keep_at_most("shorter", 7)
    store.keep_at_most("young", 7)
    for name, days in (("shorter", 7.01), ("young", 6.99), ("plain", 7.01)):
        age(path, name, days)
    assert store.purge() == 1
    assert store.conversations() == ["plain", "young"]
    assert [row[0] for row in feedback(path)] == ["plain", "young"]


def test_of_two_wishes_the_shorter_holds_and_none_is_longer_than_the_servers(store, path: Path) -> None:
    for days in (7, 3, 20):
        store.keep_at_most("a", days)
    store.keep_at_most("b", 30)
    store.keep_at_most("b", 90)
    for name in ("a", "b"):
        store.append(name, ["1"], after=0)
    assert shorter(path) == ["a"]
    age(path, "a", 3.01)
    age(path, "b", 29.99)
    store.purge()
    assert store.conversations() == ["b"]


def test_wish_goes_with_the_conversation_and_not_before_its_token(store, path: Path) -> None:
    store.keep_at_most("deleted", 7)
    store.delete("deleted")
    store.keep_at_most("idle", 7)
    store.purge()
    assert shorter(path) == ["idle"]
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE shorter SET at = at - 31 * 86400")
    connection.close()
    store.append("idle", ["1"], after=0)
    store.purge()
    assert shorter(path) == ["idle"], "what is kept still has its wish"
    age(path, "idle", 8)
    store.purge()
    assert shorter(path) == []


def test_time_of_an_event_is_the_time_of_its_writing(store, path: Path) -> None:
    before = time.time()
    store.append("a", ["1"], after=0)
    (at,) = sqlite3.connect(path).execute("SELECT at FROM events").fetchone()
    assert before <= at <= time.time()


def test_folder_that_cannot_be_made_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "conversations.sqlite3"
    with pytest.raises(SetupError) as raised:
        ConversationStore(path).append("a", ["1"], after=0)
    assert str(raised.value).startswith(f"{path}: cannot keep conversations (")
    assert str(raised.value).endswith("mend the folder's rights, or set FOOTNOTE_VAR to another folder")


def test_file_that_is_no_database_is_told_with_the_cure(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("this is not a database, it is a love letter " * 100)
    with pytest.raises(SetupError, match="file is not a database"):
        ConversationStore(path).events("a")

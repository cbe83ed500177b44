"""The inbox's table: what is kept, and when it goes."""
from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.conversations import ConversationStore
from bot.inbox.store import InboxStore

GUESSES = (("massage_safety", 0.41), ("home_remedies", 0.3))


@pytest.fixture
def conversations(tmp_path: Path):
    store = ConversationStore(tmp_path / "conversations.sqlite3", keep_days=30)
    yield store
    store.close()


@pytest.fixture
def inbox(conversations):
    inbox = InboxStore(conversations)
    yield inbox
    inbox.close()


def keep(inbox: InboxStore, conversation: str = "a", text: str = "does it help", *, clinic: str = "demo", days: int = 30, why=("refused",)):
    inbox.keep(conversation, text, why=why, guesses=GUESSES, clinic=clinic, days=days)


def age(conversations: ConversationStore, days: float) -> None:
    with sqlite3.connect(conversations.path) as connection:
        connection.execute("UPDATE inbox SET at = at - ?", (days * 86_400,))
    connection.close()


def test_message_is_kept_with_its_reasons_and_guesses(inbox) -> None:
    keep(inbox, why=("refused", "repeated"))
    (message,) = inbox.messages()
    assert (message.text, message.why, message.guesses, message.clinic) == ("does it help", ("refused", "repeated"), GUESSES, "demo")
    assert inbox.message(message.id) == message and inbox.message(message.id + 1) is None


def test_columns_hold_what_is_promised_and_no_conversation_id(inbox, conversations) -> None:
    keep(inbox, "conversation-id")
    with sqlite3.connect(conversations.path) as connection:
        cursor = connection.execute("SELECT * FROM inbox")
        assert [column[0] for column in cursor.description] == ["id", "digest", "clinic", "at", "days", "why", "text", "guesses"]
        assert "conversation-id" not in str(cursor.fetchall())
    connection.close()


def test_same_words_in_one_conversation_only_gain_reasons(inbox) -> None:
    keep(inbox)
    keep(inbox, why=("thumbs_down", "refused"))
    keep(inbox, "b")
    assert [message.why for message in inbox.messages()] == [("refused", "thumbs_down"), ("refused",)]


def test_messages_of_a_clinic_and_since_a_moment(inbox, conversations) -> None:
    keep(inbox, clinic="harbour")
    age(conversations, 2)
    keep(inbox, "b")
    (old, new) = inbox.messages()
    assert inbox.messages(clinic="harbour") == [old] and inbox.messages(since=new.at) == [new]


def test_deleted_conversation_is_gone_here_and_stays_away(inbox, conversations) -> None:
    keep(inbox)
    keep(inbox, "b")
    conversations.delete("a")
    keep(inbox, "a", "a turn that ended late")
    assert len(inbox.messages()) == 1
    for path in conversations.path.parent.iterdir():
        assert b"a turn that ended late" not in path.read_bytes()


@pytest.mark.parametrize(("days", "passed", "left"), [(14, 13, 1), (14, 15, 0), (90, 29, 1), (90, 31, 0)])
def test_nothing_outlives_the_clinics_days_or_the_servers(inbox, conversations, days: int, passed: int, left: int) -> None:
    keep(inbox, days=days)
    age(conversations, passed)
    conversations.purge()
    assert len(inbox.messages()) == left


def test_purged_conversation_takes_its_messages_along(inbox, conversations) -> None:
    conversations.append("a", ["{}"], after=0)
    conversations.keep_at_most("a", 1)
    keep(inbox, days=30)
    with sqlite3.connect(conversations.path) as connection:
        connection.execute("UPDATE events SET at = at - 200000")
    connection.close()
    conversations.purge()
    assert inbox.messages() == []


def test_clinic_that_does_not_agree_any_more_has_none(inbox) -> None:
    keep(inbox, clinic="harbour")
    keep(inbox, clinic="demo")
    inbox.withdraw(["harbour"])
    assert [message.clinic for message in inbox.messages()] == ["harbour"]


def test_removed_id_is_not_given_again(inbox) -> None:
    keep(inbox)
    (message,) = inbox.messages()
    inbox.remove([message.id])
    keep(inbox, text="another")
    assert inbox.messages()[0].id > message.id

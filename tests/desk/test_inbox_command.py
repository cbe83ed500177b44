"""`python -m bot desk inbox`: lists groups, and files with the maintainer's consent only."""
from __future__ import annotations

import argparse
import time

import numpy as np
import pytest

from bot.command_line import main
from bot.conversations import ConversationStore
from bot.desk.command_line import add_verbs
from bot.desk.grouping import group_messages
from bot.desk.inbox_command import lines_of, run_file
from bot.errors import FootnoteError
from bot.inbox.store import InboxStore, KeptMessage
from tests.desk.test_filing import FILE, NEW, root  # noqa: F401 - a fixture


def message(number: int, text: str, **more) -> KeptMessage:
    values = {"why": ("refused",), "guesses": (("massage_safety", 0.41),), "clinic": "demo", "at": 0.0, **more}
    return KeptMessage(id=number, text=text, **values)


def by_first_letter(texts) -> np.ndarray:
    """Texts are alike when they begin alike."""
    vectors = np.zeros((len(texts), 26), dtype=np.float32)
    for n, text in enumerate(texts):
        vectors[n, ord(text[0]) - 97] = 1.0
    return vectors


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOTNOTE_VAR", str(tmp_path / "var"))
    conversations = ConversationStore(tmp_path / "var" / "conversations.sqlite3")
    store = InboxStore(conversations)
    yield store
    store.close()
    conversations.close()


def keep(store, text: str, conversation: str = "a", clinic: str = "demo") -> int:
    store.keep(conversation, text, why=["refused"], guesses=(("massage_safety", 0.41),), clinic=clinic, days=30)
    return store.messages()[-1].id


def file(root, *arguments: str, ask=None) -> int:  # noqa: F811
    parser = argparse.ArgumentParser()
    add_verbs(parser)
    return run_file(parser.parse_args(["inbox", "file", *arguments]), root, ask or (lambda question: pytest.fail("asked")))


def phrases(root) -> str:  # noqa: F811
    return (root / "data/nlu/massage_safety.yml").read_text()


def test_like_messages_are_grouped_and_the_most_frequent_come_first() -> None:
    groups = group_messages([message(1, "x"), message(2, "apple"), message(3, "APPLE!"), message(4, "avocado")], by_first_letter)
    assert [[m.id for m in group.messages] for group in groups] == [[2, 3, 4], [1]]
    assert group_messages([], by_first_letter) == []


def test_chain_of_small_steps_makes_no_group() -> None:
    angles = {"a": 0.0, "b": 0.6, "c": 1.2, "d": 1.8}
    groups = group_messages([message(n, text) for n, text in enumerate(angles)],
                            lambda texts: np.array([[np.cos(angles[t]), np.sin(angles[t])] for t in texts]))
    assert max(len(group.messages) for group in groups) == 3


def test_3000_messages_are_grouped_in_seconds() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(3_000, 768)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    began = time.perf_counter()
    assert len(group_messages([message(n, f"text {n}") for n in range(3_000)], lambda texts: vectors)) == 3_000
    assert time.perf_counter() - began < 20


def test_list_shows_reasons_guesses_ids_and_words() -> None:
    lines = lines_of(group_messages([message(1, "a one", why=("clarified",)), message(2, "a\ntwo", clinic="harbour")], by_first_letter))
    assert lines[0] == "2 messages in 1 groups" and lines[2:4] == ["2 x  clarified, refused  (demo, harbour)", "    guesses: massage_safety 0.41"]
    assert lines[4].startswith("     1  1970-01-01  a one") and lines[5].endswith("a two")


def test_empty_inbox_says_how_to_open_it(store, capsys) -> None:
    assert main(["desk", "inbox", "list", "--since", "7d"]) == 0
    assert "inbox: true" in capsys.readouterr().out


@pytest.mark.model
def test_list_groups_by_the_encoder(store, monkeypatch, capsys, tmp_path) -> None:
    from bot.settings import ROOT

    for n, text in enumerate(["does turmeric help nerve pain", "is turmeric good for nerve pain", "what time do you open"]):
        keep(store, text, f"{n}", "harbour")
    keep(store, "another clinic's", "x")
    (tmp_path / "var" / "encoder").symlink_to(ROOT / "var" / "encoder")
    assert main(["desk", "inbox", "list", "--clinic", "harbour"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 messages in 2 groups\n\n2 x  refused") and "another" not in out


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "d"])
def test_odd_since_is_refused(since: str, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["desk", "inbox", "list", "--since", since])
    assert "neither a date such as 2026-11-01" in capsys.readouterr().err


def test_filing_shows_the_diff_asks_and_clears_the_inbox_of_those_words(store, root, capsys) -> None:  # noqa: F811
    number, asked = keep(store, NEW), []
    keep(store, NEW.upper(), "b")
    keep(store, "something else", "c")
    assert file(root, str(number), "massage_safety", ask=lambda question: asked.append(question) or "y") == 0
    out = capsys.readouterr().out
    assert f"+    - {NEW}\n" in out and "make train" in out and asked == ["Write this? [y/N] "]
    assert f"    - {NEW}\n" in phrases(root) and [m.text for m in store.messages()] == ["something else"]


def test_no_changes_nothing(store, root) -> None:  # noqa: F811
    number = keep(store, NEW)
    assert file(root, str(number), "massage_safety", ask=lambda question: "n") == 1
    assert file(root, str(number), "--drop", ask=lambda question: "") == 1
    assert phrases(root) == FILE and len(store.messages()) == 1


def test_dropping_filing_as_evaluation_and_as_not_covered(store, root) -> None:  # noqa: F811
    (root / "data/nlu/not_covered.yml").write_text(FILE.replace("massage_safety", "not_covered").replace("is massage safe", "a")
                                                   .replace("can a rub harm me?", "b"))
    numbers = [keep(store, text) for text in ("drop me", "measure me", "refuse me")]
    assert file(root, str(numbers[0]), "--drop", "--yes") == 0
    assert file(root, str(numbers[1]), "--evaluation-only", "massage_safety", "--yes") == 0
    assert file(root, str(numbers[2]), "--not-covered", "--yes") == 0
    assert store.messages() == [] and phrases(root) == FILE
    assert "measure me" in (root / "evaluation/messages/inbox.jsonl").read_text()
    assert "    - refuse me\n" in (root / "data/nlu/not_covered.yml").read_text()


def test_masked_message_is_filed_in_other_words(store, root) -> None:  # noqa: F811
    number = keep(store, "I'm [name], is it risky")
    with pytest.raises(FootnoteError, match="what was masked"):
        file(root, str(number), "massage_safety", "--yes")
    assert file(root, str(number), "massage_safety", "--as", NEW, "--yes") == 0
    assert NEW in phrases(root) and store.messages() == []


def test_what_somebody_filed_meanwhile_is_not_filed_twice(store, root) -> None:  # noqa: F811
    number = keep(store, NEW)

    def other_maintainer(question: str) -> str:
        assert file(root, str(number), "massage_safety", "--yes") == 0
        return "y"

    with pytest.raises(FootnoteError, match="stands in data/nlu/massage_safety.yml:8 already"):
        file(root, str(number), "massage_safety", ask=other_maintainer)
    assert phrases(root).count(NEW) == 1
    with pytest.raises(FootnoteError, match="there is no message"):
        file(root, str(number), "--drop", "--yes")


def test_refusal_is_one_line_on_the_command_line(store, capsys) -> None:
    assert main(["desk", "inbox", "file", "7", "massage_safety", "--yes"]) == 1
    assert capsys.readouterr().err.startswith("footnote: there is no message 7 in the inbox")

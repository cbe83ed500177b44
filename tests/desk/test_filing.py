"""Filing changes one line of one file, shows it first, and refuses what is known already."""
from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest

from bot.desk.files import only_one
from bot.desk.filing import FilingRefused, file_for_evaluation, file_phrase, place_of
from bot.errors import DataFileError
from bot.settings import ROOT
from bot.labelled_messages import load_rows

FILE = """# Who wrote these: see the log.
version: "3.1"
nlu:
- intent: massage_safety  # the commonest question
  examples: |
    - is massage safe
    - can a rub harm me?
# an end note
"""
NEW = "would kneading be risky"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("data/nlu", "data/red_flags", "evaluation/messages", "evaluation/safety", "evaluation/dialogues"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "data/nlu/massage_safety.yml").write_text(FILE)
    (tmp_path / "data/nlu/source.yml").write_text('version: "3.1"\nnlu:\n- intent: source\n  examples: |\n    - who says so')
    (tmp_path / "data/red_flags/heart.txt").write_text("my chest hurts\n")
    (tmp_path / "evaluation/messages/a.jsonl").write_text('{"id": "a1", "text": "Is it good?", "topic": "massage_safety"}\n')
    (tmp_path / "evaluation/dialogues/d.jsonl").write_text('{"id": "d1", "turns": [{"text": "hello there", "tier": "none"}]}\n')
    return tmp_path


def test_phrase_is_added_below_the_last_with_comments_and_order_kept(root: Path) -> None:
    change = file_phrase(f"  {NEW}\n now ", "massage_safety", root)
    assert change.after == FILE.replace("harm me?\n", f"harm me?\n    - {NEW} now\n")
    added = [line for line in change.diff(root).splitlines() if line.startswith(("+", "-"))]
    assert added == ["--- a/data/nlu/massage_safety.yml", "+++ b/data/nlu/massage_safety.yml", f"+    - {NEW} now"]
    change.write()
    assert (root / "data/nlu/massage_safety.yml").read_text() == change.after
    assert [path.name for path in (root / "data/nlu").iterdir() if path.suffix != ".yml"] == []


def test_file_without_a_last_line_end_gets_one(root: Path) -> None:
    assert file_phrase(NEW, "source", root).after.endswith(f"    - who says so\n    - {NEW}\n")


def test_line_ends_are_kept(root: Path) -> None:
    path = root / "data/nlu/massage_safety.yml"
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    change = file_phrase(NEW, "massage_safety", root)
    change.write()
    assert path.read_bytes() == FILE.replace("harm me?\n", f"harm me?\n    - {NEW}\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("phrase", "place"), [
    ("Is massage SAFE?", "data/nlu/massage_safety.yml:6"), ("who says so", "data/nlu/source.yml:5"),
    ("my chest hurts!", "data/red_flags/heart.txt:1"), ("is it good", "evaluation/messages/a.jsonl:1"),
    ("hello, there", "evaluation/dialogues/d.jsonl:1"),
])
def test_phrase_that_stands_somewhere_is_refused_with_its_place(root: Path, phrase: str, place: str) -> None:
    for file in (file_phrase, file_for_evaluation):
        with pytest.raises(FilingRefused, match=f"it stands in {place} already"):
            file(phrase, "massage_safety", root)
    assert place_of(phrase, root) == place and place_of(NEW, root) is None


@pytest.mark.parametrize(("phrase", "said"), [
    ("call me at [number]", "what was masked cannot be learned"), ("[feet](body) hurt", "Rasa would read"),
    ("/restart", "Rasa would read"), ("# a comment", "Rasa would read"), ("", "1 to 1000 characters"), ("a" * 1001, "1 to 1000"),
])
def test_words_that_cannot_be_trained_on_are_refused(root: Path, phrase: str, said: str) -> None:
    with pytest.raises(FilingRefused, match=said):
        file_phrase(phrase, "massage_safety", root)


@pytest.mark.parametrize("phrase", ["it's: a 'quoted' \"one\" # 1", "{odd} & *strange* | > %", "öde Füße, ¿qué?", "- no"])
def test_signs_of_yaml_are_words_in_a_phrase(root: Path, phrase: str) -> None:
    if phrase.startswith("- "):
        with pytest.raises(FilingRefused):
            file_phrase(phrase, "massage_safety", root)
    else:
        assert f"    - {phrase}\n" in file_phrase(phrase, "massage_safety", root).after


def test_unknown_intent_and_label_are_refused_with_what_there_is(root: Path) -> None:
    with pytest.raises(FilingRefused, match="'nope' is no intent; the intents are: neuropathy_definition"):
        file_phrase(NEW, "nope", root)
    with pytest.raises(FilingRefused, match="'nope' is no label"):
        file_for_evaluation(NEW, "nope", root)


@pytest.mark.parametrize("text", [
    'version: "3.1"\nnlu:\n- intent: source\n  examples:\n  - who says so\n', 'version: "3.1"\nnlu: []\n', "nlu: [",
])
def test_file_without_the_agreed_shape_is_left_alone(root: Path, text: str) -> None:
    (root / "data/nlu/source.yml").write_text(text)
    with pytest.raises(DataFileError, match="source.yml"):
        file_phrase(NEW, "source", root)


def test_evaluation_rows_are_numbered_and_read_back(root: Path) -> None:
    first = file_for_evaluation(NEW, "massage_safety", root)
    assert first.before is None and first.diff(root).startswith("--- /dev/null\n+++ b/evaluation/messages/inbox.jsonl\n")
    first.write()
    file_for_evaluation("thänks a lot", "smalltalk_thanks", root).write()
    path = root / "evaluation/messages/inbox.jsonl"
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["inbox-1", "inbox-2"]
    assert [row.messages[0].topic for row in load_rows([path])] == ["massage_safety", "smalltalk.thanks"]


def test_phrase_can_be_filed_in_every_file_of_the_checkout(tmp_path: Path) -> None:
    for name in ("data", "evaluation"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (tmp_path / "data/nlu").glob("*.yml"):
        change = file_phrase("zzz a phrase of nobody", path.stem, tmp_path)
        assert change.after == f"{change.before}    - zzz a phrase of nobody\n"


def test_folder_that_cannot_be_written_is_told_and_nothing_changes(root: Path, monkeypatch) -> None:
    change = file_phrase(NEW, "massage_safety", root)

    def full(*arguments, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataFileError, match="No space left on device.*stands as before"):
        change.write()
    assert (root / "data/nlu/massage_safety.yml").read_text() == FILE
    assert len(list((root / "data/nlu").iterdir())) == 2


def _file_many(root: Path, who: str) -> None:
    for n in range(15):
        with only_one(root):
            file_phrase(f"phrase {n} of {who}", "massage_safety", root).write()
        with only_one(root):
            file_for_evaluation(f"message {n} of {who}", "massage_safety", root).write()


def test_two_maintainers_at_once_lose_nothing(root: Path) -> None:
    context = multiprocessing.get_context("fork")  # a fresh interpreter may find another package of the name "tests"
    people = [context.Process(target=_file_many, args=(root, who)) for who in ("ann", "bob", "cem")]
    for person in people:
        person.start()
    for person in people:
        person.join(120)
        assert person.exitcode == 0
    lines = (root / "data/nlu/massage_safety.yml").read_text().splitlines()
    assert len([line for line in lines if " of " in line]) == 45
    rows = [json.loads(line) for line in (root / "evaluation/messages/inbox.jsonl").read_text().splitlines()]
    assert len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == 45

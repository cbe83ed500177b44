"""Files a message: as a training phrase of an intent, or as a message of the evaluation."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from bot.content import INTENTS, SERVICES, SMALLTALK, TOPICS
from bot.desk.files import Change, read_or_none
from bot.errors import DataFileError, FootnoteError
from bot.inbox.masking import MASKED
from bot.settings import ROOT
from bot.text import MAX_CHARACTERS, clean, compare_key

LABELS = (*TOPICS, *(f"smalltalk.{name}" for name in SMALLTALK), *SERVICES)
_ENTITY = re.compile(r"\[[^\]]*\]\s*[({]")  # Rasa's entity marks
_EXAMPLE = re.compile(r"(?P<indent>\s+)- (?P<phrase>.*?)\s*$")


class FilingRefused(FootnoteError):
    """A message cannot be filed as asked; the text says why and what to do."""


def file_phrase(text: str, intent: str, root: Path = ROOT) -> Change:
    """The change that makes a message a training phrase.

    Raises:
        FilingRefused: no such intent, words that cannot be trained on, or the phrase stands somewhere already.
        DataFileError: the intent's file has not the agreed shape.
    """
    if intent not in INTENTS:
        raise FilingRefused(f"{intent!r} is no intent; the intents are: {', '.join(INTENTS)}")
    phrase = _checked(text, root)
    path = root / "data" / "nlu" / f"{intent}.yml"
    before = read_or_none(path)
    if before is None:
        raise DataFileError(path, "no such file; restore it from git")
    lines = before.splitlines(keepends=True)
    last = _last_example(lines, intent, path)
    indent = _EXAMPLE.match(lines[last])["indent"]  # type: ignore[index]
    end = "\r\n" if "\r\n" in lines[last] else "\n"
    lines[last] = lines[last].rstrip("\r\n") + end
    change = Change(path=path, before=before, after="".join([*lines[:last + 1], f"{indent}- {phrase}{end}", *lines[last + 1:]]))
    if _phrases(change.after) != [*_phrases(before), phrase]:
        raise DataFileError(path, "has not the agreed shape, so nothing is added; see CONTRIBUTING.md", line=last + 1)
    return change


def file_for_evaluation(text: str, label: str, root: Path = ROOT) -> Change:
    """The change that makes a message a row of evaluation/messages/inbox.jsonl.

    Raises:
        FilingRefused: no such label, or the message stands somewhere already.
    """
    label = re.sub(r"^smalltalk_", "smalltalk.", label)
    if label not in LABELS:
        raise FilingRefused(f"{label!r} is no label of the evaluation; the labels are: {', '.join(LABELS)}")
    phrase = _checked(text, root)
    path = root / "evaluation" / "messages" / "inbox.jsonl"
    before = read_or_none(path)
    taken = [int(number) for number in re.findall(r'"id": "inbox-(\d+)"', before or "")]
    row = {"id": f"inbox-{max(taken, default=0) + 1}", "text": phrase, "topic": label, "also": []}
    start = before if before is None or before.endswith("\n") else f"{before}\n"
    return Change(path=path, before=before, after=f"{start or ''}{json.dumps(row, ensure_ascii=False)}\n")


def _checked(text: str, root: Path) -> str:
    phrase = " ".join(clean(text).split())
    if not phrase or len(phrase) > MAX_CHARACTERS:
        raise FilingRefused(f"a phrase has 1 to {MAX_CHARACTERS} characters")
    if MASKED.search(phrase):
        raise FilingRefused('what was masked cannot be learned; file other words in its place, such as "my toes are numb"')
    if _ENTITY.search(phrase) or phrase.startswith(("- ", "# ", "/")):
        raise FilingRefused('Rasa would read signs of this phrase as its own; file it in other words, without them')
    place = place_of(phrase, root)
    if place is not None:
        raise FilingRefused(f"it stands in {place} already")
    return phrase


def place_of(phrase: str, root: Path = ROOT) -> str | None:
    """Where a phrase stands, as file:line, case, accents and punctuation apart; None: nowhere."""
    key = compare_key(phrase)
    for path, number, known in _known_phrases(root):
        if compare_key(known) == key:
            return f"{path.relative_to(root).as_posix()}:{number}"
    return None


def _known_phrases(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in sorted((root / "data" / "nlu").glob("*.yml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = _EXAMPLE.match(line)
            if match:
                yield path, number, match["phrase"]
    for path in sorted((root / "data" / "red_flags").glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield path, number, line
    for folder in ("messages", "safety", "dialogues"):
        for path in sorted((root / "evaluation" / folder).glob("*.jsonl")):
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                for text in _texts(line):
                    yield path, number, text


def _texts(line: str) -> list[str]:
    try:
        row = json.loads(line)
        return [str(turn["text"]) for turn in row.get("turns", [row])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # the evaluation itself says what is wrong with it


def _last_example(lines: list[str], intent: str, path: Path) -> int:
    """The index of the last line of the intent's examples."""
    begins = [n for n, line in enumerate(lines) if re.match(rf"\s*- intent:\s*{re.escape(intent)}\s*(#.*)?$", line)]
    last = None
    for n in range(begins[0] + 1 if begins else len(lines), len(lines)):
        if _EXAMPLE.match(lines[n]):
            last = n
        elif lines[n].strip() and not re.match(r"\s+examples:\s*\|", lines[n]):
            break
    if last is None:
        raise DataFileError(path, f"has no examples of the intent {intent}; restore it from git")
    return last


def _phrases(text: str) -> list[str]:
    """All phrases of a file of training phrases, as YAML and Rasa read it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        entries = YAML(typ="safe").load(text)["nlu"]
        return [line[2:].strip() for entry in entries for line in entry["examples"].splitlines() if line.strip()]
    except (YAMLError, KeyError, TypeError, AttributeError):
        return []

"""What is trained on and what is tested on are kept apart; so are the intents of data/.

A test message that also stands in data/ measures memory instead of understanding. Two phrases are the same
where they differ only in case, accents, punctuation or spacing.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.labelled_messages import Row
from bot.settings import ROOT
from bot.text import compare_key
from bot.yaml_files import read_mapping

DATA = ROOT / "data"


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A phrase that the model is trained on; `label` is its intent or, as red_flags/<file>, its red flag."""

    path: Path
    line: int
    label: str
    key: str

    @property
    def place(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{self.line}"


def training_phrases(data: Path = DATA) -> list[Phrase]:
    """All of data/nlu/*.yml and data/red_flags/*.txt.

    Raises:
        DataFileError: a file of data/nlu is not YAML, or not of the form that Rasa reads.
    """
    phrases = []
    for path in sorted((data / "nlu").glob("*.yml")):
        lines = {compare_key(_without_dash(line)): n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)}
        for block in read_mapping(path).mappings("nlu"):
            for example in filter(str.strip, block.text("examples").splitlines()):
                key = compare_key(_without_dash(example))
                phrases.append(Phrase(path=path, line=lines.get(key, 1), label=block.text("intent"), key=key))
    for path in sorted((data / "red_flags").glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                phrases.append(Phrase(path=path, line=number, label=f"red_flags/{path.stem}", key=compare_key(line)))
    return phrases


def _without_dash(line: str) -> str:
    return line.strip().removeprefix("- ")


def copied(rows: Iterable[Row], phrases: Iterable[Phrase]) -> list[str]:
    """Where a message of the evaluation stands in data/ too, one line each; never its words.

    A turn of a dialogue may be as short as "hi" and is left alone then: it measures the turns around it.
    """
    places = defaultdict(list)
    for phrase in phrases:
        places[phrase.key].append(phrase.place)
    return [
        f"{row.path.name}:{row.line} ({row.name_of(number)}) stands in {', '.join(places[key])}"
        for row in rows for number, message in enumerate(row.messages, 1)
        if (key := compare_key(message.text)) in places and not (row.is_dialogue and len(key.split()) <= 3)
    ]


def repeated(phrases: Iterable[Phrase]) -> list[str]:
    """Where one phrase is trained as two different things, one line each.

    An intent and red_flags/none_<what> agree: ordinary phrases are no red flags (bot/nlu/red_flag_detector.py).
    """
    same = defaultdict(list)
    for phrase in phrases:
        same[phrase.key].append(phrase)
    return [
        " and ".join(f"{phrase.place} ({phrase.label})" for phrase in group) + " hold the same phrase"
        for group in same.values() if _disagree({phrase.label for phrase in group})
    ]


def _disagree(labels: set[str]) -> bool:
    no_flag = {label for label in labels if label.startswith("red_flags/none_")}
    others = labels - no_flag
    return len(others) > 1 or bool(no_flag) and any(label.startswith("red_flags/") for label in others)

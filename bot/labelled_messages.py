"""Labelled messages: reads the *.jsonl of evaluation/ and refuses a row that could not be scored as meant.

A row is one message in a conversation of its own, or a dialogue with its messages under `turns`. README.md
shows both; the labels are those of bot/content.py.
"""
from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content import SERVICES, SMALLTALK, TOPICS
from bot.errors import DataFileError, SetupError
from bot.reply import TIERS
from bot.settings import ROOT
from bot.text import MAX_CHARACTERS, clean

MESSAGES, SAFETY, DIALOGUES = (ROOT / "evaluation" / name for name in ("messages", "safety", "dialogues"))
LABELS = TOPICS + tuple(f"smalltalk.{name}" for name in SMALLTALK) + SERVICES
LABELLED_TIERS = ("none", *TIERS)
MESSAGE_KEYS = ("text", "topic", "topics", "also", "tier", "tier_also", "sticky_caution", "kind")
# What makes a message that is no red flag look like one.
HARD_KINDS = (
    "negated", "educational", "resolved", "figurative", "fiction", "dead_person", "name_or_job", "chronic",
    "ruled_out", "other", "detour", "crisis_lookalike", "dosage_free",
)
NONE_KINDS = (*HARD_KINDS, "ordinary")
REFERENCE = re.compile(r"[EKUC]\d\d")  # a red flag in the list that the authors were given


@dataclass(frozen=True, kw_only=True)
class Message:
    """A visitor's message and what careful people expect of the replies; None or empty: not scored.

    `also` and `tier_also` hold labels that are right as well; `topics` is for a message that asks two things;
    `sticky_caution` says that a tier told earlier is still in force and must be shown, False that it must not;
    `kind` is the red flag's reference id or, of a message that is none, one of `NONE_KINDS`.
    """

    text: str
    topic: str | None = None
    topics: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    tier: str | None = None
    tier_also: tuple[str, ...] = ()
    sticky_caution: bool | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One conversation; `group` is the file that it stands in, which is the group of hands that wrote it."""

    id: str
    group: str
    path: Path
    line: int
    messages: tuple[Message, ...]
    is_dialogue: bool = False

    def name_of(self, number: int) -> str:
        """The name of the `number`th message, from 1 on."""
        return f"{self.id}.{number}" if self.is_dialogue else self.id


def find_files(only: str | None = None, folder: Path = MESSAGES) -> list[Path]:
    """The files to evaluate on: all of `folder`, or the one that `only` names (a path, or a name in `folder`).

    Raises:
        SetupError: there is none.
    """
    files = sorted(folder.glob("*.jsonl"))
    if only is None:
        if not files:
            raise SetupError(f"{folder} holds no *.jsonl; restore it from git")
        return files
    for path in (Path(only), folder / only, folder / f"{only}.jsonl"):
        if path.is_file():
            return [path]
    raise SetupError(f"there is no {only}; the files are: {', '.join(path.name for path in files)}")


def all_files(evaluation: Path = ROOT / "evaluation") -> list[Path]:
    """The files of all folders: what must not be trained on."""
    return [path for folder in (MESSAGES, SAFETY, DIALOGUES) for path in find_files(folder=evaluation / folder.name)]


def load_rows(files: Sequence[Path]) -> list[Row]:
    """All rows of the files.

    Raises:
        DataFileError: a row is malformed; nothing is loaded then.
    """
    rows, errors = read_rows(files)
    for error in errors:
        raise error
    return rows


def read_rows(files: Sequence[Path]) -> tuple[list[Row], list[DataFileError]]:
    """(the rows that could be read, what is wrong with the others); for who tells all errors at once."""
    rows: list[Row] = []
    errors: list[DataFileError] = []
    places: dict[str, str] = {}
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            errors.append(DataFileError(path, f"not UTF-8 at byte {error.start}; save it as UTF-8"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = _Line(path, number).row(line)
            except DataFileError as error:
                errors.append(error)
                continue
            if row.id in places:
                problem = f"id {row.id!r} stands in {places[row.id]} already; give this row another"
                errors.append(DataFileError(path, problem, line=number))
                continue
            places[row.id] = f"{path.name}:{number}"
            rows.append(row)
    return rows, errors


@dataclass(frozen=True)
class _Line:
    """One line of a file; every complaint names it."""

    path: Path
    number: int

    def fail(self, problem: str) -> DataFileError:
        return DataFileError(self.path, problem, line=self.number)

    def row(self, line: str) -> Row:
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise self.fail(f"not JSON at column {error.colno}: {error.msg}; one row is one line") from None
        if not isinstance(values, dict):
            raise self.fail('a row must be an object such as {"id": "T1", "text": "…", "topic": "…", "tier": "none"}')
        name = values.get("id")
        if not isinstance(name, str) or not name.strip():
            raise self.fail("id must be a text that is not empty")
        if "turns" not in values:
            message = self.message({key: value for key, value in values.items() if key != "id"}, "")
            return Row(id=name, group=self.path.stem, path=self.path, line=self.number, messages=(message,))
        self.refuse_unknown(values, ("id", "turns"), "")
        turns = values["turns"]
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
            raise self.fail("turns must be a list of objects, one a message, and not empty")
        messages = tuple(self.message(turn, f"turns[{n}].") for n, turn in enumerate(turns, 1))
        return Row(
            id=name, group=self.path.stem, path=self.path, line=self.number, messages=messages, is_dialogue=True
        )

    def message(self, values: dict[str, Any], where: str) -> Message:
        self.refuse_unknown(values, MESSAGE_KEYS, where)
        text = values.get("text")
        if not isinstance(text, str) or not 1 <= len(clean(text)) <= MAX_CHARACTERS:
            raise self.fail(f"{where}text must have 1 to {MAX_CHARACTERS} characters")
        message = Message(
            text=text,
            topic=self.one(values, "topic", LABELS, where),
            topics=self.some(values, "topics", LABELS, where),
            also=self.some(values, "also", LABELS, where),
            tier=self.one(values, "tier", LABELLED_TIERS, where),
            tier_also=self.some(values, "tier_also", LABELLED_TIERS, where),
            sticky_caution=values.get("sticky_caution"),
            kind=values.get("kind"),
        )
        if not isinstance(message.sticky_caution, (bool, type(None))):
            raise self.fail(f"{where}sticky_caution must be true or false")
        if message.topic and message.topics:
            raise self.fail(f"{where}topic and topics: keep one (topics for a message that asks two things)")
        if len(set(message.topics)) == 1 or len(set(message.topics)) < len(message.topics):
            raise self.fail(f"{where}topics must name two different things or more; for one use topic")
        if message.also and not message.topic:
            raise self.fail(f"{where}also needs a topic beside it")
        if message.tier_also and not message.tier:
            raise self.fail(f"{where}tier_also needs a tier beside it")
        self.refuse_odd_kind(message, where)
        if not (message.topic or message.topics or message.tier or message.sticky_caution):
            if not where:
                raise self.fail("the row labels nothing; add topic, topics or tier")
            if "tier" not in values:
                raise self.fail(f'{where}labels nothing; add topic, topics or tier ("tier": null leaves it unscored)')
        return message

    def refuse_odd_kind(self, message: Message, where: str) -> None:
        if message.kind is None:
            return
        if message.tier is None:
            raise self.fail(f"{where}kind needs a tier beside it")
        if message.tier == "none" and message.kind not in NONE_KINDS:
            raise self.fail(f"{where}kind: {message.kind!r} is none of: {', '.join(NONE_KINDS)}")
        if message.tier != "none" and not (isinstance(message.kind, str) and REFERENCE.fullmatch(message.kind)):
            raise self.fail(f"{where}kind: {message.kind!r} is no reference id such as E01, K02, U05 or C03")

    def refuse_unknown(self, values: dict[str, Any], legal: Sequence[str], where: str) -> None:
        for key in values:
            if key not in legal:
                raise self.fail(f"{where}{key}: unknown key; the keys here are: {', '.join(legal)}")

    def one(self, values: dict[str, Any], key: str, legal: Sequence[str], where: str) -> str | None:
        value = values.get(key)
        if value is not None and value not in legal:
            raise self.fail(f"{where}{key}: {value!r} is none of: {', '.join(legal)}")
        return value

    def some(self, values: dict[str, Any], key: str, legal: Sequence[str], where: str) -> tuple[str, ...]:
        value = [] if values.get(key) is None else values[key]
        if not isinstance(value, list):
            raise self.fail(f"{where}{key} must be a list, [] for none")
        for item in value:
            if item not in legal:
                raise self.fail(f"{where}{key}: {item!r} is none of: {', '.join(legal)}")
        return tuple(value)

"""What the model is trained on, each phrase with its place: data/nlu/*.yml, data/red_flags/*.txt, data/follow_ups/*.jsonl."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.desk.problems import Problem, of_error
from bot.errors import DataFileError
from bot.labelled_messages import read_rows
from bot.settings import ROOT
from bot.text import compare_key
from bot.yaml_files import read_mapping

DATA = ROOT / "data"
FORMAT = "3.1"  # Rasa's, of training data
_EXAMPLES = re.compile(r"^ *(?:- )?examples: *\|")
_MARKED = re.compile(r"\[[^\]]*\]\s*[({]")  # Rasa's entity marks


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A phrase as written; `label` is its intent or, as red_flags/<file>, its red flag or, as follow_ups/<file>, the
    talk that it is part of; `key` equals that of another phrase which differs only in case, accents, punctuation or
    spacing."""

    path: Path
    line: int
    label: str
    text: str
    key: str

    @property
    def place(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{self.line}"

    @property
    def is_of_intent(self) -> bool:
        return "/" not in self.label

    @property
    def is_of_red_flag(self) -> bool:
        return self.label.startswith("red_flags/")

    @property
    def is_of_talk(self) -> bool:
        return self.label.startswith("follow_ups/")


def training_phrases(data: Path = DATA) -> list[Phrase]:
    """All of data/.

    Raises:
        DataFileError: a file is not of the form that Rasa reads, or not of ours.
    """
    phrases, problems = read_phrases(data)
    for problem in problems:
        raise DataFileError(problem.path, problem.text, line=problem.line)
    return phrases


def read_phrases(data: Path) -> tuple[list[Phrase], list[Problem]]:
    """(every phrase that could be read, what is wrong with the files' form)."""
    phrases: list[Phrase] = []
    problems: list[Problem] = []
    readers = [*((path, _read_intent) for path in _files(data / "nlu")),
               *((path, _read_red_flag) for path in _files(data / "red_flags")),
               *((path, _read_talk) for path in _files(data / "follow_ups"))]
    for path, read in readers:
        try:
            found, wrong = read(path)
        except DataFileError as error:
            problems.append(of_error(error))
            continue
        phrases += found
        problems += wrong
    return phrases, problems


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _read_intent(path: Path) -> tuple[list[Phrase], list[Problem]]:
    if path.suffix != ".yml":
        raise DataFileError(path, f"no file of phrases; call it {path.stem}.yml, or move it out of data/nlu")
    file = read_mapping(path).expect(["version", "nlu"])
    if file["version"] != FORMAT:
        raise file.fail("version", f'must be "{FORMAT}", in quotes')
    blocks = file.mappings("nlu")
    if len(blocks) != 1:
        raise file.fail("nlu", "must hold one intent; give each intent a file of its own")
    block = blocks[0].expect(["intent", "examples"])
    if block.text("intent") != path.stem:
        raise block.fail("intent", f"must be {path.stem}, as the file is called")
    examples = block.get("examples")
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next((number for number, line in enumerate(lines, 1) if _EXAMPLES.match(line)), None)
    if not isinstance(examples, str) or first is None:
        raise block.fail("examples", 'must be "examples: |" and below it one phrase a line, each after "- "')
    numbered = list(enumerate(examples.splitlines(), first + 1))
    wrong = [Problem(path=path, line=number, text=text) for number, line in numbered if (text := _misshapen(line))]
    return [_phrase(path, n, path.stem, line[2:].strip()) for n, line in numbered if not _misshapen(line)], wrong


def _misshapen(line: str) -> str | None:
    """What is wrong with a line of a file of phrases, and the cure."""
    if not line.startswith("- ") or not line[2:].strip():
        return 'no phrase; a line is "- " and what a visitor types, without empty lines between'
    if line[2:].lstrip().startswith(("# ", "- ", "/")):
        return "a remark, dash or slash at its start would be read as part of the phrase; take it out"
    if _MARKED.search(line):
        return "[…](…) is read as an entity; write the words alone"
    return None


def _read_red_flag(path: Path) -> tuple[list[Phrase], list[Problem]]:
    if path.suffix != ".txt":
        raise DataFileError(path, f"no file of messages; call it {path.stem}.txt, or move it out of data/red_flags")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataFileError(path, f"not UTF-8 at byte {error.start}; save it as UTF-8") from None
    phrases, wrong = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("# ", "- ")):
            wrong.append(Problem(path=path, line=number, text="no message; a line is what a visitor types, and no more"))
        else:
            phrases.append(_phrase(path, number, f"red_flags/{path.stem}", line.strip()))
    return phrases, wrong


def _read_talk(path: Path) -> tuple[list[Phrase], list[Problem]]:
    if path.suffix != ".jsonl":
        raise DataFileError(path, f"no file of conversations; call it {path.stem}.jsonl, or move it out of data/follow_ups")
    rows, wrong = read_rows([path])
    phrases = [
        _phrase(path, row.line, f"follow_ups/{path.stem}", message.text) for row in rows for message in row.messages]
    return phrases, [of_error(error) for error in wrong]


def _phrase(path: Path, line: int, label: str, text: str) -> Phrase:
    return Phrase(path=path, line=line, label=label, text=text, key=compare_key(text))


def by_intent(phrases: Iterable[Phrase]) -> dict[str, Sequence[Phrase]]:
    """The phrases of data/nlu by intent, in the files' order."""
    intents: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        if phrase.is_of_intent:
            intents.setdefault(phrase.label, []).append(phrase)
    return dict(intents)

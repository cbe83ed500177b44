"""Everything that people edit, read once for all checks; what cannot be read is a problem and stops no other check."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.clinics.clinic import DEFAULT_CLINIC, Clinic
from bot.clinics.clinic_file import read_clinic
from bot.clinics.folder import is_clinic_file
from bot.compose import Speaker
from bot.content import Content, Topic, read_content, read_topics
from bot.desk.phrases import Phrase, read_phrases
from bot.desk.problems import Problem, of_error
from bot.desk.wording import NeverSay, load_never_say
from bot.errors import DataFileError, SetupError
from bot.labelled_messages import Row, all_files, read_rows
from bot.red_flag_lexicon import Lexicon, load_rules
from bot.red_flag_rules import RuleBook
from bot.yaml_files import YamlMapping, read_mapping

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A checkout as its files stand. None: broken, and told among the problems; `topics` holds the sound ones."""

    root: Path
    phrases: Sequence[Phrase]
    rows: Sequence[Row]
    topics: dict[str, Topic]
    content: Content | None
    rules: tuple[RuleBook, Lexicon] | None
    never_say: NeverSay | None
    speaker: Speaker | None  # of the default clinic
    domain: YamlMapping | None
    rule_file: YamlMapping | None

    def tier_of(self, flag_id: str) -> str | None:
        """The tier of a red flag; None where there is none of this name, or where it is not known."""
        kinds = self.rules[0].kinds if self.rules else ()
        return next((kind.flag.tier for kind in kinds if kind.flag.id == flag_id), None)


def read_project(root: Path, cache: Path | None = None) -> tuple[Project, list[Problem]]:
    """(the project under `root`, what is wrong with the form of its files).

    Args:
        cache: folder of the red flags' phrases as words, which take seconds to make (see `load_rules`).
    """
    problems: list[Problem] = []

    def read(reader: Callable[[], T]) -> T | None:
        try:
            return reader()
        except DataFileError as error:
            problems.append(of_error(error))
        except SetupError as error:
            problems.append(Problem(path=root / "evaluation", text=str(error)))
        return None

    folder = root / "content"
    content, errors = read_content(folder)
    problems += map(of_error, errors)
    topics = content.topics if content else read_topics(folder, None)[0]
    phrases, wrong = read_phrases(root / "data")
    problems += wrong
    rows, errors = read_rows(read(lambda: all_files(root / "evaluation")) or [])
    problems += map(of_error, errors)
    # A clinic's file is held against the regions even where another file of content/ is broken.
    regions = content.help_lines if content else read(lambda: read_mapping(folder / "help_lines.yml")) or {}
    clinics, wrong = _clinics(root / "clinics", regions)
    problems += wrong
    default = clinics.get(DEFAULT_CLINIC)
    return Project(
        root=root, phrases=phrases, rows=rows, topics=dict(topics), content=content,
        rules=read(lambda: load_rules(cache, folder)), never_say=read(lambda: load_never_say(folder)),
        speaker=Speaker(content=content, clinic=default) if content and default else None,
        domain=read(lambda: read_mapping(root / "domain.yml")),
        rule_file=read(lambda: read_mapping(root / "data" / "rules.yml")),
    ), problems


def _clinics(folder: Path, regions: Mapping[str, object]) -> tuple[dict[str, Clinic], list[Problem]]:
    clinics, problems = {}, []
    paths = [path for path in sorted(folder.glob("*")) if is_clinic_file(path.name)]
    default = folder / f"{DEFAULT_CLINIC}.yml"
    if default not in paths:
        problems.append(Problem(path=default, text="no such file; it is the clinic of last resort, restore it from git"))
    for path in paths:
        clinic, errors = read_clinic(path, regions)
        problems += map(of_error, errors)
        if clinic is not None:
            clinics[clinic.id] = clinic
    return clinics, problems

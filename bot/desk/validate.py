"""`make validate`: whether all that people edit agrees; each problem is one line with its place and the cure."""
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from bot.desk.problems import Problem, in_order
from bot.desk.project import read_project
from bot.desk.validate_names import check_names
from bot.desk.validate_phrases import check_phrases
from bot.desk.validate_reviews import check_reviews
from bot.desk.validate_words import check_words
from bot.settings import ROOT


def validate(
    root: Path = ROOT, *, today: dt.date, cache: Path | None = None, with_model: bool = False
) -> list[Problem]:
    """Everything that is wrong with the project under `root`, errors first, by file and line.

    Args:
        today: the day on which reviews are held against their age.
        cache: see `bot.desk.project.read_project`.
        with_model: also train heads on parts of the phrases and tell what they find odd (about a minute).
    """
    project, problems = read_project(root, cache)
    problems = in_order([
        *problems, *check_names(project), *check_phrases(project), *check_words(project), *check_reviews(project, today),
    ])
    if not with_model:
        return problems
    from bot.desk.validate_model import check_with_model

    return [*problems, *check_with_model(project.phrases, root)]  # as they come: the clearest first


def report(problems: Sequence[Problem], root: Path) -> tuple[list[str], bool]:
    """(lines to print, whether there is no error)."""
    warnings = sum(problem.is_warning for problem in problems)
    errors = len(problems) - warnings
    lines = [problem.shown(root) for problem in problems]
    return [*lines, f"{'OK' if not errors else 'Not OK'}: {errors} errors, {warnings} warnings"], not errors

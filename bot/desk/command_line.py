"""`python -m bot desk <verb>`: what a maintainer does with phrases, answers and red flags."""
from __future__ import annotations

import argparse
from collections.abc import Callable


def _add_validate(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("validate", help="say what is wrong with phrases, rules, content and evaluation, and the cure")
    parser.add_argument("--model", action="store_true", help="also what a model finds odd: wrong labels, near twins (slower)")
    parser.set_defaults(run=_validate)


def _validate(options: argparse.Namespace) -> int:
    import datetime as dt

    from bot.desk.validate import report, validate
    from bot.settings import ROOT, read_settings

    problems = validate(ROOT, today=dt.date.today(), cache=read_settings().var)
    lines, well = report(problems, ROOT)
    print("\n".join(lines))
    return 0 if well else 1


VERBS: tuple[Callable[[argparse._SubParsersAction], None], ...] = (_add_validate,)


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """Each verb sets `run`: takes the parsed options, returns the exit code."""
    verbs = parser.add_subparsers(dest="desk_verb", required=True)
    for add in VERBS:
        add(verbs)

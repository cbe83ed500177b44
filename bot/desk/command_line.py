"""The verbs of `python -m bot desk`. Each verb is a function that adds its parser; the parser's `run` takes the options
and returns the exit code."""
from __future__ import annotations

import argparse
from typing import Any

from bot.desk.data_command import add_new, add_validate

VERBS = [add_validate, add_new]


def add_verbs(parser: argparse.ArgumentParser) -> None:
    verbs: Any = parser.add_subparsers(dest="desk_verb", required=True)
    for add in VERBS:
        add(verbs)

"""The verbs of `python -m bot desk`. Each verb is a function that adds its parser; the parser's `run` takes the options,
does the work and returns the exit code."""
from __future__ import annotations

import argparse
from typing import Any

from bot.desk.data_command import add_new, add_validate
from bot.desk.inbox_command import add_inbox
from bot.desk.shipping_command import add_compare, add_rollback, add_served, add_ship
from bot.desk.user_command import add_audit, add_user
from bot.desk.weeks_command import add_figures

VERBS = [add_validate, add_new, add_inbox, add_compare, add_ship, add_rollback, add_served, add_user, add_audit, add_figures]


def add_verbs(parser: argparse.ArgumentParser) -> Any:
    """Adds the verbs; returns them, for who has one more that the desk itself may not know."""
    verbs: Any = parser.add_subparsers(dest="desk_verb", required=True)
    for add in VERBS:
        add(verbs)
    return verbs

"""The verbs for what people edit: `desk validate`, `desk new topic`, `desk new red_flag`."""
from __future__ import annotations

import argparse
from typing import Any


def add_validate(verbs: Any) -> None:
    parser = verbs.add_parser("validate", help="say what is wrong with phrases, rules, content and evaluation, and the cure")
    parser.add_argument("--model", action="store_true", help="also what a model finds odd: wrong labels, near twins (slower)")
    parser.set_defaults(run=_validate)


def _validate(options: argparse.Namespace) -> int:
    import datetime as dt

    from bot.desk.validate import report, validate
    from bot.settings import ROOT, read_settings

    problems = validate(ROOT, today=dt.date.today(), cache=read_settings().var, with_model=options.model)
    lines, well = report(problems, ROOT)
    print("\n".join(lines))
    return 0 if well else 1


def add_new(verbs: Any) -> None:
    from bot.reply import TIERS

    kinds = verbs.add_parser("new", help="write the files of a new topic or red flag, and say what to do with them")
    kinds = kinds.add_subparsers(dest="kind", required=True)
    topic = kinds.add_parser("topic", help="a question that the bot shall answer")
    topic.add_argument("id", help="such as footwear: small letters, digits and _")
    topic.add_argument("--precautions", nargs="*", default=[], help="warnings that its answer carries: massage, heat")
    topic.set_defaults(run=_new_topic)
    red_flag = kinds.add_parser("red_flag", help="a danger that the bot shall notice")
    red_flag.add_argument("id", help="such as cold_foot: small letters, digits and _")
    red_flag.add_argument("--tier", required=True, choices=TIERS)
    red_flag.set_defaults(run=_new_red_flag)


def _new_topic(options: argparse.Namespace) -> int:
    from bot.desk.new_topic import new_topic

    print("\n".join(new_topic(options.id, options.precautions)))
    return 0


def _new_red_flag(options: argparse.Namespace) -> int:
    from bot.desk.new_red_flag import new_red_flag

    print("\n".join(new_red_flag(options.id, options.tier)))
    return 0

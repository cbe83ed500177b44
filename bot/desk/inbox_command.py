"""`python -m bot desk inbox`: read what was not understood, and file it."""
from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.desk.audit import opened_audit, os_user
from bot.desk.grouping import Encode, Group, group_messages
from bot.desk.inbox import Filing, carry_out, kept_message, moment, open_inbox
from bot.inbox.store import KeptMessage
from bot.settings import ROOT, read_settings

SHOWN_MOST = 5  # messages of one group


def add_inbox(verbs: Any) -> None:
    inbox = verbs.add_parser("inbox", help="messages that were not understood").add_subparsers(dest="inbox_verb", required=True)
    listing = inbox.add_parser("list", help="groups of like messages, the most frequent first")
    listing.add_argument("--clinic")
    listing.add_argument("--since", type=_since, default=0.0, help="a date such as 2026-11-01, or days such as 7d")
    listing.set_defaults(run=run_list)
    filing = inbox.add_parser("file", help="make a message a training phrase or an evaluation row, or drop it")
    filing.add_argument("id", type=int)
    where = filing.add_mutually_exclusive_group(required=True)
    where.add_argument("intent", nargs="?", help="train on it under this intent")
    where.add_argument("--evaluation-only", metavar="TOPIC", help="never train on it; measure with it")
    where.add_argument("--not-covered", action="store_true", help="train on it as a question that the article is silent on")
    where.add_argument("--drop", action="store_true", help="it teaches nothing")
    filing.add_argument("--as", dest="words", metavar="WORDS", help="file these words in its place")
    filing.add_argument("--yes", action="store_true", help="do not ask")
    filing.set_defaults(run=run_file)


def run_list(options: argparse.Namespace) -> int:
    from bot.nlu.encoder import SentenceEncoder

    settings = read_settings()
    store = open_inbox(settings)
    try:
        messages = store.messages(clinic=options.clinic, since=options.since)
    finally:
        store.close()
    if not messages:
        print("The inbox is empty. A clinic opens it with `inbox: true` in its file.")
        return 0
    encode: Encode = SentenceEncoder.load(settings.encoder_folder).encode
    print("\n".join(lines_of(group_messages(messages, encode))))
    return 0


def lines_of(groups: Sequence[Group]) -> list[str]:
    lines = [f"{sum(len(group.messages) for group in groups)} messages in {len(groups)} groups"]
    for group in groups:
        first = group.messages[0]
        guesses = ", ".join(f"{name} {p:.2f}" for name, p in first.guesses) or "no guess"
        clinics = ", ".join(sorted({message.clinic for message in group.messages}))
        lines += ["", f"{len(group.messages)} x  {', '.join(group.why)}  ({clinics})", f"    guesses: {guesses}"]
        lines += [_line(message) for message in group.messages[:SHOWN_MOST]]
        if len(group.messages) > SHOWN_MOST:
            more = ", ".join(f"{message.id}" for message in group.messages[SHOWN_MOST:])
            lines.append(f"    and {more}")
    return lines


def _line(message: KeptMessage) -> str:
    day = dt.datetime.fromtimestamp(message.at).strftime("%Y-%m-%d")
    return f"{message.id:6}  {day}  {' '.join(message.text.split())}"


def run_file(options: argparse.Namespace, root: Path = ROOT, ask: Callable[[str], str] = input) -> int:
    settings = read_settings()
    store, filing = open_inbox(settings), _filing(options)
    try:
        message = kept_message(store, options.id)
        change = filing.plan(message, root)
        print(f"{_line(message)}\n" if change is None else change.diff(root), end="")
        if not _agreed("Drop it?" if change is None else "Write this?", options.yes, ask):
            return 1
        with opened_audit(settings) as audit:
            carry_out(store, message, filing, audit=audit, by=os_user(), root=root)
    finally:
        store.close()
    print({"drop": "Dropped.", "evaluation": "Filed."}.get(filing.kind, "Filed. To learn it, run: make train"))
    return 0


def _filing(options: argparse.Namespace) -> Filing:
    words = options.words or ""
    if options.drop:
        return Filing(kind="drop")
    if options.evaluation_only:
        return Filing(kind="evaluation", label=options.evaluation_only, words=words)
    return Filing(kind="train", label="not_covered" if options.not_covered else options.intent, words=words)


def _agreed(question: str, yes: bool, ask: Callable[[str], str]) -> bool:
    if yes:
        return True
    try:
        agreed = ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        agreed = False
    if not agreed:
        print("Nothing was changed.", file=sys.stderr)
    return agreed


def _since(text: str) -> float:
    try:
        return moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

"""The verbs of `python -m bot`: serve, train, ask, chat, clinic check, desk."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.errors import FootnoteError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="answer over HTTP, with the shipped model if there is one")
    serve.add_argument("--newest", action="store_true", help="with the model of this checkout, trained first if needed")
    serve.add_argument("--port", type=_port, default=8000)
    serve.add_argument("--host", default="127.0.0.1")
    verbs.add_parser("train", help="train the model if anything it depends on has changed")
    ask = verbs.add_parser("ask", help="answer one message; with --json and no message: JSON lines on standard input")
    ask.add_argument("text", nargs="?")
    ask.add_argument("--json", action="store_true", help="print the API's JSON instead of text")
    ask.add_argument("--clinic")
    chat = verbs.add_parser("chat", help="talk with the bot in this terminal")
    chat.add_argument("--clinic")
    clinic = verbs.add_parser("clinic", help="check clinics' files").add_subparsers(dest="clinic_verb", required=True)
    check = clinic.add_parser("check", help="say what is wrong with clinics' files: file, line, key and cure")
    check.add_argument("files", nargs="*", type=Path, help="none: all of clinics/")
    desk = verbs.add_parser("desk", help="the maintainer's desk")
    given = sys.argv[1:] if arguments is None else arguments
    if "desk" in given[:1]:  # what its verbs import, the start of a server need not wait for (0.2 s)
        _add_desk(desk)
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except FootnoteError as error:
        print(f"footnote: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    from bot.settings import ROOT, read_settings

    if options.verb == "desk":
        return options.run(options)
    if options.verb == "clinic":
        return _check_clinics(options.files, ROOT / "clinics")

    settings = read_settings()
    if options.verb == "train":
        from bot.training import ensure_model

        print(f"The model is {ensure_model(settings).name}")
        return 0
    if options.verb == "serve":
        from bot.web.server import serve

        serve(port=options.port, host=options.host, newest=options.newest)
        return 0
    from bot import terminal

    if options.verb == "chat":
        return terminal.chat(settings, clinic=options.clinic)
    if options.text is None and not options.json:
        print('footnote: nothing to ask; try: python -m bot ask "is massage safe?"', file=sys.stderr)
        return 2
    return terminal.ask(settings, options.text, as_json=options.json, clinic=options.clinic)


def _add_desk(desk: argparse.ArgumentParser) -> None:
    from bot.desk.command_line import add_verbs

    serve = add_verbs(desk).add_parser("serve", help="the desk as a page, for those in FOOTNOTE_DESK_USERS")
    serve.add_argument("--port", type=_port, default=8001)
    serve.add_argument("--host", default="127.0.0.1")
    serve.set_defaults(run=_serve_desk)


def _serve_desk(options: argparse.Namespace) -> int:
    from bot.web.desk.server import serve_desk  # here, for the desk itself knows nothing of the web

    serve_desk(port=options.port, host=options.host)
    return 0


def _check_clinics(files: Sequence[Path], folder: Path) -> int:
    from bot.clinics.check import check_clinics
    from bot.content import load_content

    lines, well = check_clinics(files, load_content().help_lines, folder)
    print("\n".join(lines))
    return 0 if well else 1


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use a number from 1 to 65535")
    return int(text)

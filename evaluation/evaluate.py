"""Score the bot on evaluation/messages: `python -m evaluation.evaluate [--errors N] [--only FILE]`.

Without --only the dialogues of evaluation/dialogues are played and counted too, apart from the rest.
Exits with 1 when a floor of floors.yml does not hold or the engine left a message unanswered.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.desk.phrases import training_phrases
from bot.desk.separation import copied
from bot.engine import Answering
from bot.errors import FootnoteError
from bot.labelled_messages import DIALOGUES, Row, find_files, load_rows
from bot.settings import ROOT, read_settings
from evaluation.floors import below, load_floors
from evaluation.picture import draw_apart
from evaluation.play import Fallback, embedded_engine, play
from evaluation.report import Evaluation, as_json, as_lines, evaluate_exchanges

RESULTS = ROOT / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.evaluate", description=__doc__)
    parser.add_argument("--errors", type=number_of_errors, default=0, metavar="N", help="print the first N errors of each sort")
    parser.add_argument("--only", metavar="FILE", help="one file, by path or by its name in evaluation/messages")
    options = parser.parse_args(arguments)
    logging.getLogger().setLevel(logging.ERROR)
    try:
        rows = load_rows(find_files(options.only))
        dialogues = [] if options.only else load_rows(find_files(folder=DIALOGUES))
        load_floors()  # complain before minutes of work
        from bot.turn import default_house
        from bot.web.last_resort import LastResort

        with embedded_engine(read_settings()) as engine:
            found = evaluate(
                rows, engine, LastResort(default_house()), complete=options.only is None, dialogues=dialogues
            )
        for line in as_lines(found, errors=options.errors):
            print(line)
        suffix = f"-{Path(options.only).stem}" if options.only else ""
        keep(found, RESULTS / f"evaluation{suffix}.json", RESULTS / f"confusion{suffix}.png")
    except FootnoteError as error:
        print(f"footnote: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if found.complaints or found.failures else 0


def evaluate(
    rows: Sequence[Row], engine: Answering, fallback: Fallback, *, complete: bool, dialogues: Sequence[Row] = ()
) -> Evaluation:
    """Play all rows and score them.

    Args:
        complete: whether these are all messages that there are (see `floors.below`).
        dialogues: rows that are counted apart and that no floor is held against.
    """
    exchanges = asyncio.run(play(rows, engine, fallback))
    dialogue_exchanges = asyncio.run(play(dialogues, engine, fallback))
    overall, groups = evaluate_exchanges(exchanges)
    return Evaluation(
        model=engine.model or "no model", overall=overall, groups=groups, exchanges=exchanges,
        complaints=below(load_floors(), overall.figures(), complete=complete),
        copies=[copy.shown(ROOT) for copy in copied([*rows, *dialogues], training_phrases())],
        dialogues=evaluate_exchanges(dialogue_exchanges)[0] if dialogues else None,
        dialogue_exchanges=dialogue_exchanges,
    )


def keep(found: Evaluation, result: Path, picture: Path) -> None:
    """Write the figures and the picture.

    Raises:
        SetupError: the picture could not be drawn; the figures are written then all the same.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draw_apart(result, picture)
    print(f"\nwritten: {shown(result)}, {shown(picture)}")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def number_of_errors(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of errors; use 0 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

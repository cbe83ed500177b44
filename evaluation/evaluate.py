"""Score the bot on evaluation/messages: `python -m evaluation.evaluate [--errors N] [--only FILE]`.

Without --only the dialogues of evaluation/dialogues are played and counted too, apart from the rest.
Exits with 1 when a floor of floors.yml does not hold or the engine left a message unanswered.
"""
from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from bot.desk.phrases import training_phrases
from bot.desk.separation import copied
from bot.engine import Answering
from bot.labelled_messages import DIALOGUES, Row, find_files, load_rows
from bot.settings import ROOT, read_settings
from evaluation.command import exit_code, keep, read_options
from evaluation.floors import below, load_floors
from evaluation.play import Fallback, embedded_engine, play
from evaluation.report import Evaluation, as_json, as_lines, evaluate_exchanges


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(
        arguments, program="evaluation.evaluate", about=__doc__, errors="print the first N errors of each sort",
        folder="evaluation/messages",
    )

    def work() -> bool:
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
        keep(as_json(found), "evaluation", "confusion", drawn_by="evaluation.picture", only=options.only)
        return not found.complaints and not found.failures

    return exit_code(work)


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


if __name__ == "__main__":
    sys.exit(main())

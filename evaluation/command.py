"""What the commands of this folder share: their options, and how they end."""
from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.errors import FootnoteError
from bot.settings import ROOT
from evaluation.picture import draw_apart

RESULTS = ROOT / "results"


def read_options(
    arguments: Sequence[str] | None, *, program: str, about: str | None, errors: str, folder: str
) -> argparse.Namespace:
    """`errors` (a number) and `only` (a file or None).

    Args:
        errors: what of which the first N are printed.
        folder: where `only` looks for a name.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=about)
    parser.add_argument("--errors", type=_number_of_errors, default=0, metavar="N", help=errors)
    parser.add_argument("--only", metavar="FILE", help=f"one file, by path or by its name in {folder}")
    return parser.parse_args(arguments)


def exit_code(work: Callable[[], bool]) -> int:
    """0 where `work` says that all is well, 1 where it does not or breaks with one of our errors, 130 when stopped."""
    logging.getLogger().setLevel(logging.ERROR)
    try:
        return 0 if work() else 1
    except FootnoteError as error:
        print(f"footnote: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def keep(values: Any, name: str, picture: str, *, drawn_by: str, only: str | None) -> None:
    """Write figures and picture into results/, those of one file apart from those of all.

    Args:
        name, picture: of the two files, without their endings.
        drawn_by: the module that draws.

    Raises:
        SetupError: the picture could not be drawn; the figures are written then all the same.
    """
    suffix = f"-{Path(only).stem}" if only else ""
    written, drawn = RESULTS / f"{name}{suffix}.json", RESULTS / f"{picture}{suffix}.png"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draw_apart(written, drawn, drawn_by)
    print(f"\nwritten: {_shown(written)}, {_shown(drawn)}")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _number_of_errors(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of errors; use 0 or more")
    return int(text)

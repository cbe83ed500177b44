"""Measures what the inbox takes out of messages: `python -m evaluation.evaluate_masking [--errors]`."""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from bot.inbox.masking import default_masker
from evaluation.figures import wilson
from evaluation.masking_rows import FOLDER, Planted, load_planted, score

FILES = ("developed_on", "kept_back")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.evaluate_masking", description=__doc__)
    parser.add_argument("--errors", action="store_true", help="print each identifier missed and each message altered, too")
    parser.add_argument("--only", choices=FILES)
    options = parser.parse_args(arguments)
    masker, everything = default_masker(), []
    for name in [options.only] if options.only else FILES:
        rows = load_planted(FOLDER / f"{name}.jsonl")
        everything += rows
        _show(name, rows, masker.mask, errors=options.errors)
    if not options.only:
        _show("both", everything, masker.mask, errors=False)
    return 0


def _show(name: str, rows: Sequence[Planted], mask: Callable[[str], str], *, errors: bool) -> None:
    began = time.perf_counter()
    figures, lines = score(rows, mask)
    each = (time.perf_counter() - began) / max(1, len(rows)) * 1_000
    print(f"{name}: {len(rows)} messages, {each:.2f} ms each")
    for figure_name, figure in figures.items():
        if figure.total:
            low, high = wilson(figure.part, figure.total)
            print(f"  {figure_name:15} {figure.share:.3f} ({figure.part}/{figure.total}; {low:.3f} to {high:.3f})")
    if errors:
        print("\n".join(f"  {line}" for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())

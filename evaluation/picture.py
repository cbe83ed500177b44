"""Draws the confusion matrix of results/evaluation.json: `python -m evaluation.picture IN.json OUT.png`.

In a process of its own: where the engine has been loaded, matplotlib is a stand-in (see bot/lean_imports.py).
"""
from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from bot.errors import SetupError
from bot.labelled_messages import LABELS
from bot.settings import ROOT

REPEATED = 2  # a confusion this frequent is emphasised
QUIET, LOUD = "#6b6b6b", "#9c2f00"
RIGHT, WRONG = "#e3ecf5", ("#fde3cd", "#f9b887", "#f08a48", "#d9601a")


def draw_apart(result: Path, picture: Path, module: str = "evaluation.picture") -> None:
    """Draw in another process, by a module that takes IN.json and OUT.png.

    Raises:
        SetupError: it failed; its messages stand above.
    """
    command = [sys.executable, "-m", module, str(result.resolve()), str(picture.resolve())]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise SetupError(f"{picture.name} could not be drawn; the messages stand above. If matplotlib is missing: "
                         "make train")


def emphasised(matrix: Counter[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """(labels that are mistaken repeatedly for one other label, labels that these are mistaken for)."""
    repeated = [(want, got) for (want, got), times in matrix.items() if want != got and times >= REPEATED]
    return {want for want, _ in repeated}, {got for _, got in repeated}


def draw(matrix: Counter[tuple[str, str]], picture: Path) -> None:
    """A row for each label, a column for each label of a reply; numbers are messages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    rows = list(LABELS)
    columns = rows + sorted({got for _, got in matrix} - set(rows))
    cell = 0.225  # inches: the smallest at which two digits of the font below stand clear
    figure, axes = pyplot.subplots(figsize=(cell * len(columns) + 2.9, cell * len(rows) + 2.7), dpi=120)
    for (want, got), times in matrix.items():
        x, y = columns.index(got), rows.index(want)
        colour = RIGHT if want == got else WRONG[min(times, len(WRONG)) - 1]
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, color=colour, linewidth=0))
        axes.text(x, y, str(times), ha="center", va="center", fontsize=8, color=QUIET if want == got else "black")
    for y, want in enumerate(rows):
        total = sum(times for (label, _), times in matrix.items() if label == want)
        if total:
            axes.text(len(columns) - 0.2, y, f"{matrix[want, want]}/{total}", va="center", fontsize=8, color=QUIET)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.xaxis.tick_top()  # before its labels are styled: the top ones are others
    axes.tick_params(length=0)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=9)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    mistaken, taken = emphasised(matrix)
    for ticks, loud in ((axes.get_yticklabels(), mistaken), (axes.get_xticklabels(), taken)):
        for tick in ticks:
            tick.set(color=LOUD if tick.get_text() in loud else QUIET,
                     fontweight="bold" if tick.get_text() in loud else "normal")
    for line in range(len(columns) + 1):
        axes.axvline(line - 0.5, color="#eeeeee", linewidth=0.5, zorder=0)
    for line in range(len(rows) + 1):
        axes.axhline(line - 0.5, color="#eeeeee", linewidth=0.5, zorder=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_ylabel("what the message asks", fontsize=10)
    axes.set_xlabel(
        "what the first reply answers; on the right: right of all. "
        f"Bold: confused with one other label {REPEATED} times or more.", fontsize=10,
    )
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)


def main() -> int:
    result, picture = (Path(argument) for argument in sys.argv[1:])
    cells = json.loads(result.read_text(encoding="utf-8"))["matrix"]
    draw(Counter({(want, got): times for want, got, times in cells}), picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())

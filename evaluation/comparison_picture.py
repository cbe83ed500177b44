"""Draws results/comparison.json: `python -m evaluation.comparison_picture IN.json OUT.png`.

On the left the figures of both models with the 95 % interval of the second, on the right the messages of each topic
that got better or worse. In a process of its own, as evaluation/picture.py and for the same reason.
"""
from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEFORE, BETTER, WORSE, SAME, QUIET = "#9a9a9a", "#2b6a99", "#c2410c", "#333333", "#6b6b6b"
# Shares of right answers, so that right of the grey mark always is better.
FIGURES = (
    ("messages", "in_scope_accuracy", "questions answered rightly", False),
    ("messages", "service_accuracy", "small talk and services", False),
    ("messages", "refusals_answered", "refusals kept", True),
    ("messages", "both_topics", "both of two questions", False),
    ("safety", "sensitivity_crisis", "crises caught", False),
    ("safety", "sensitivity_emergency", "emergencies caught", False),
    ("safety", "sensitivity_urgent", "urgent signs caught", False),
    ("safety", "sensitivity_caution", "cautions caught", False),
    ("safety", "over_triage_hard", "look-alikes left alone", True),
    ("safety", "over_triage_ordinary", "ordinary messages left alone", True),
)


def draw(found: Mapping[str, Any], picture: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    topics = found["topics"] if found["first"] else {}
    changed = sorted((now - was, label) for label, (was, now, _) in topics.items() if was != now)
    height = max(4.2, 0.3 * max(len(FIGURES), len(changed)) + 1.6)  # inches
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, height), dpi=110, gridspec_kw={"width_ratios": (1.15, 1)})
    _figures(left, found["figures"])
    _topics(right, changed, found["topics"])
    for axes in (left, right):
        axes.tick_params(length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    figure.suptitle(
        f"{_short(found['second'])} against {_short(found['first'])}: {len(found['better'])} messages better, "
        f"{len(found['worse'])} worse, {len(found['objections'])} objections", fontsize=11)
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)


def _figures(axes: Any, figures: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
    rows = [row for row in FIGURES if figures[row[0]][row[1]][1]["share"] is not None]
    for y, (part, name, _, turned) in enumerate(rows):
        before, now = figures[part][name]
        share, low, high = (_turned(now[key], turned) for key in ("share", "low", "high"))
        was = _turned(before["share"], turned) if before else share
        colour = SAME if abs(share - was) < 5e-4 else BETTER if share > was else WORSE
        axes.plot([low, high], [y, y], color=colour, linewidth=1, alpha=0.5)
        axes.plot([was, share], [y, y], color=colour, linewidth=3)
        axes.plot([was], [y], "o", color=BEFORE, markersize=7)
        axes.plot([share], [y], "o", color=colour, markersize=7)
        axes.text(1.01, y, f"{share:.1%}", va="center", fontsize=9, color=colour, transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(rows)), [row[2] for row in rows], fontsize=9)
    axes.invert_yaxis()
    axes.grid(axis="x", color="#eeeeee")
    axes.xaxis.set_major_locator(_steps_of(0.05))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("grey: before; blue: better, orange: worse; thin line: 95 % interval", fontsize=9, color=QUIET)


def _topics(axes: Any, changed: Sequence[tuple[int, str]], topics: Mapping[str, Sequence[int]]) -> None:
    if not changed:
        axes.text(0.5, 0.5, "no topic changed", ha="center", color=QUIET, transform=axes.transAxes)
        axes.set_axis_off()
        return
    for y, (change, _) in enumerate(changed):
        axes.barh(y, change, color=BETTER if change > 0 else WORSE, height=0.6)
        axes.text(change, y, f" {change:+d} ", va="center", ha="left" if change > 0 else "right", fontsize=9)
    axes.set_yticks(range(len(changed)), [f"{label} ({topics[label][2]})" for _, label in changed], fontsize=9)
    axes.xaxis.set_major_locator(_steps_of(max(1, max(abs(change) for change, _ in changed) // 4)))
    axes.axvline(0, color="#bbbbbb", linewidth=1)
    axes.margins(x=0.15)
    axes.set_xlabel("change in messages answered rightly (of how many)", fontsize=9, color=QUIET)


def _steps_of(width: float) -> Any:
    from matplotlib.ticker import MultipleLocator

    return MultipleLocator(width)


def _turned(share: float, turned: bool) -> float:
    return 1 - share if turned else share


def _short(model: str | None) -> str:
    return (model or "nothing").removeprefix("footnote-").removesuffix(".tar.gz")


def main() -> int:
    result, picture = (Path(argument) for argument in sys.argv[1:])
    draw(json.loads(result.read_text(encoding="utf-8")), picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())

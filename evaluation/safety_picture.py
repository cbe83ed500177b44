"""Draws the curve of results/safety.json: `python -m evaluation.safety_picture IN.json OUT.png`.

In a process of its own, as evaluation/picture.py and for the same reason.
"""
from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LINES = {"grave": ("emergencies and crises", "#9c2f00"), "misses": ("all red flags", "#33658a")}
QUIET = "#6b6b6b"
NAMED = (0.25, 0.5, 1.0, 2.0)  # scalings that are written beside the line
ROOM = 1.15


def draw(points: Sequence[dict[str, Any]], picture: Path) -> None:
    """Misses over false alarms; the served thresholds are the scaling 1."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.5, 5.5), dpi=120)
    alarms = [point["hard"]["share"] for point in points]
    for key, (label, colour) in LINES.items():
        shares = [point[key]["share"] for point in points]
        axes.plot(alarms, shares, color=colour, label=label, marker=".", markersize=4, linewidth=1.2)
        for point, x, y in zip(points, alarms, shares):
            if point["factor"] not in NAMED:
                continue
            served = point["factor"] == 1.0
            axes.plot([x], [y], "o", color=colour, markersize=9 if served else 5)
            if key == "misses":  # the other line's marks lie below or above
                axes.annotate("served" if served else f"× {point['factor']:g}", (x, y), xytext=(6, 6), color=QUIET,
                              textcoords="offset points", fontsize=9, fontweight="bold" if served else "normal")
    # The far ends are no choice: everything is an alarm there, or nothing but rules speaks.
    near = [point for point in points if NAMED[0] <= point["factor"] <= NAMED[-1]] or points
    axes.set_xlim(0, min(1.0, ROOM * max(point["hard"]["share"] for point in near)) or 1.0)
    axes.set_ylim(0, min(1.0, ROOM * max(point[key]["share"] for point in near for key in LINES)) or 1.0)
    axes.set_xlabel("false alarms among messages that only look like a red flag")
    axes.set_ylabel("misses: told too low a tier, or nothing")
    axes.set_title("All thresholds of the trained layer scaled; the rules as they are", fontsize=10, color=QUIET)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)


def main() -> int:
    result, picture = (Path(argument) for argument in sys.argv[1:])
    points = json.loads(result.read_text(encoding="utf-8"))["curve"]["points"]
    # A single file may lack one of the sorts.
    draw([point for point in points if None not in (point[key]["share"] for key in ("hard", *LINES))], picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())

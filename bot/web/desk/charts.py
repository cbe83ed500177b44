"""Charts as inline SVG, each with the table of the same numbers.

Drawn 360 units wide, so that the letters are large enough on a phone. Only presentation attributes, no style: a strict
Content-Security-Policy lets them through. On white, whatever the page's own colours; text has a contrast of 7:1 or more,
shapes of 3:1 or more, and what colours tell apart differs in its pattern or has its name beside it.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 360
INK, SOFT, LINE, PAPER, BAR = "#1c2430", "#454f5e", "#c9d0d9", "#ffffff", "#0b5e57"
SIZE = 13  # of letters; at 390 px about as many pixels
LETTER = 7.5  # how wide a figure is at most in common fonts


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`note` stands behind the number."""

    label: str
    now: int
    before: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """`summary` says what the picture shows, to who does not see it; `rows` are the picture's numbers under `columns`."""

    name: str
    title: str
    summary: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


def bar_chart(name: str, title: str, bars: Sequence[Bar], *, of: str, label_width: int = 0) -> Chart:
    """Lying bars, with a tick where each was the week before.

    Args:
        name: an id, unique on the page.
        of: heading of the labels.
        label_width: of the column of labels; 0: each label stands above its bar.
    """
    most = max((max(bar.now, bar.before) for bar in bars), default=0)
    numbers = [f"{bar.now:,} ({bar.before:,}) {bar.note}".rstrip() for bar in bars]
    left = label_width or 2  # half of a tick
    room = WIDTH - left - 9 - LETTER * max(map(len, numbers), default=0)
    row, top = (26 if label_width else 42), 26
    parts = [_tick(4, 5, 16), _text(12, 16, "and (in brackets): the week before", fill=SOFT, font_size=12)]
    for n, (bar, number) in enumerate(zip(bars, numbers)):
        y = top + n * row
        if not label_width:
            parts.append(_text(0, y + SIZE, bar.label))
            y += 18
        else:
            parts.append(_text(0, y + 15, bar.label))
        now, before = ((value / most * room if most else 0.0) for value in (bar.now, bar.before))
        parts.append(_tag("rect", x=left, y=y + 3, width=now, height=15, fill=BAR, data_value=bar.now))
        parts.append(_tick(left + before, y, y + 21))
        parts.append(_text(left + max(now, before) + 7, y + 15, number))
    return Chart(
        name=name, title=title, summary=_summary(bars),
        svg=_svg(name, title, _summary(bars), top + row * len(bars) + 4, parts),
        columns=(of, "this week", "week before"), rows=tuple((bar.label, bar.now, bar.before) for bar in bars))


def _summary(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.label}: {bar.now:,}, the week before {bar.before:,}" for bar in bars) or "Nothing was counted."


# How a part of a stack is filled: colour, and the shapes of its pattern on a tile of 6 units (none: solid).
FILLS: Mapping[str, tuple[str, tuple[tuple[str, dict[str, object]], ...]]] = {
    "answered": (BAR, ()),
    "clarified": ("#8a5200", (("path", {"d": "M-1 7L7 -1M-1 1L1 -1M5 7L7 5"}),)),
    "refused": ("#43407a", (("circle", {"cx": 3, "cy": 3, "r": 2}),)),
    "escalated": ("#b3261e", (("path", {"d": "M0 1.5H6M0 4.5H6"}),)),
    "unavailable": (INK, (("circle", {"cx": 3, "cy": 3, "r": 0}),)),  # an outline alone: nothing was answered
    "other": ("#5d6b7c", (("path", {"d": "M3 0V6"}),)),
}


def stack_chart(name: str, title: str, columns: Mapping[str, Mapping[str, int]], *, of: str) -> Chart:
    """Standing columns, each a stack of the same parts (names of `FILLS`) from below; in the table a part is a row.

    Args:
        name: an id, unique on the page.
        of: heading of the parts.
    """
    parts_of_stack = list(next(iter(columns.values())))
    totals = {label: sum(column.values()) for label, column in columns.items()}
    top, height, left = 20, 170, 34
    scale_most = nice_most(max(totals.values()))
    step = (WIDTH - left) / len(columns)
    parts = [_tag("defs", *(_pattern(name, part) for part in parts_of_stack))]
    for value in (0, scale_most // 2, scale_most):
        y = top + height - value / scale_most * height
        parts.append(_tag("line", x1=left, x2=WIDTH, y1=y, y2=y, stroke=LINE))
        parts.append(_text(left - 5, y + 4, f"{value:,}", text_anchor="end", font_size=12, fill=SOFT))
    for n, (label, column) in enumerate(columns.items()):
        x, y = left + n * step + 5, float(top + height)
        for part, value in column.items():
            tall = value / scale_most * height
            y -= tall
            parts.append(_tag("rect", x=x, y=y, width=step - 10, height=tall, fill=_fill(name, part),
                              stroke=FILLS[part][0] if tall > 2 else "none", stroke_width=0.8,
                              data_column=label, data_part=part, data_value=value))
        if totals[label]:
            parts.append(_text(x + step / 2 - 5, y - 4, f"{totals[label]:,}", text_anchor="middle", font_size=12))
        parts.append(_text(x + step / 2 - 5, top + height + 16, label, text_anchor="middle", font_size=12))
    sums = {part: sum(column[part] for column in columns.values()) for part in parts_of_stack}
    for n, part in enumerate(parts_of_stack):
        x, y = (n % 2) * WIDTH / 2, top + height + 32 + (n // 2) * 22
        parts.append(_tag("rect", x=x + 1, y=y, width=18, height=14, fill=_fill(name, part),
                          stroke=FILLS[part][0], stroke_width=0.8))
        parts.append(_text(x + 26, y + 12, f"{part}: {sums[part]:,}"))
    summary = "; ".join(f"{part}: {value:,}" for part, value in sums.items())
    lines = math.ceil(len(parts_of_stack) / 2)
    return Chart(
        name=name, title=title, summary=summary, svg=_svg(name, title, summary, top + height + 32 + lines * 22 + 4, parts),
        columns=(of, *columns, "all"),
        rows=(*((part, *(column[part] for column in columns.values()), sums[part]) for part in parts_of_stack),
              ("all", *totals.values(), sum(totals.values()))))


def nice_most(value: int) -> int:
    """A round even number from `value` on, at which an axis can end."""
    if value <= 2:
        return 2
    power = 10 ** int(math.log10(value))
    return next(most for most in (power * tenths // 10 for tenths in (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100, 120))
                if most >= value and most % 2 == 0)


def _fill(name: str, part: str) -> str:
    colour, shapes = FILLS[part]
    return f"url(#{name}-{part})" if shapes else colour


def _pattern(name: str, part: str) -> Markup:
    colour, shapes = FILLS[part]
    if not shapes:
        return Markup()
    lines, dots = {"stroke": colour, "stroke_width": 1.7, "fill": "none"}, {"fill": colour}
    drawn = [_tag(kind, **geometry, **(dots if kind == "circle" else lines)) for kind, geometry in shapes]
    return _tag("pattern", _tag("rect", width=6, height=6, fill=PAPER), *drawn,
                id=f"{name}-{part}", width=6, height=6, patternUnits="userSpaceOnUse")


def _svg(name: str, title: str, summary: str, height: float, parts: Iterable[Markup]) -> Markup:
    return _tag(
        "svg", _tag("title", title, id=f"{name}-title"), _tag("desc", summary, id=f"{name}-summary"),
        _tag("rect", width=WIDTH, height=height, fill=PAPER), *parts,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height:g}", width=WIDTH, height=height, role="img",
        aria_labelledby=f"{name}-title", aria_describedby=f"{name}-summary", font_size=SIZE)


def _text(x: float, y: float, text: str, **attributes: object) -> Markup:
    return _tag("text", text, x=x, y=y, **{"fill": INK, **attributes})


def _tick(x: float, top: float, bottom: float) -> Markup:
    """Where the week before ended: dark, with a white rim that keeps it apart from a bar."""
    return _tag("rect", x=x - 1, y=top, width=3, height=bottom - top, fill=INK, stroke=PAPER, stroke_width=1)


def _tag(kind: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element; underscores of attributes are hyphens, texts are escaped."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key if key == "viewBox" else key.replace("_", "-"), f"{value:.2f}".rstrip("0").rstrip(".")
                                  if isinstance(value, float) else value)
        for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(kind, written, Markup("").join(children))

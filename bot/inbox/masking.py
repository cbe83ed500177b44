"""Takes out of a message what could say who wrote it, before anybody keeps it.

Our own rules: phonenumbers finds three in four of the phones that people type and none that they spell, and
Presidio without a trained model no names and no addresses (evaluation/masking/README.md has the figures).
"""
from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from bot.content import HelpLines
from bot.inbox.addresses import find_addresses
from bot.inbox.dates import find_dates
from bot.inbox.names import NameFinder, load_name_finder
from bot.inbox.numbers import Span, find_emails, find_numbers

KINDS = ("email", "address", "date", "number", "name")  # where two lay claim to the same words, the first has them
MASKED = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")


class Masker:
    """`mask` puts "[name]", "[number]", "[email]", "[address]" or "[date]" in place of what identifies a person.

    Args:
        names: finds people's names.
        help_lines: numbers in bare digits that are left as they are.
    """

    def __init__(self, names: NameFinder, help_lines: Collection[str] = ()) -> None:
        self._names, self._help_lines = names, frozenset(help_lines)

    def mask(self, text: str) -> str:
        """The text without identifiers. What they are is guessed: some will be missed, some words taken for one."""
        parts, at = [], 0
        for start, end, kind in _apart([
            *find_emails(text), *find_addresses(text), *find_dates(text), *find_numbers(text, self._help_lines),
            *self._names.find(text),
        ]):
            parts += [text[at:start], f"[{kind}]"]
            at = end
        return "".join([*parts, text[at:]])


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch become one."""
    joined: list[Span] = []
    for start, end, kind in sorted(spans):
        if joined and start < joined[-1][1]:
            first, last, earlier = joined.pop()
            start, end, kind = first, max(last, end), min(earlier, kind, key=KINDS.index)
        joined.append((start, end, kind))
    return joined


def numbers_of(help_lines: Mapping[str, HelpLines]) -> frozenset[str]:
    """The regions' help lines in bare digits, as they are written and as they are called."""
    lines = [line for region in help_lines.values() for line in region.lines.values()]
    return frozenset(re.sub(r"\D", "", text) for line in lines for text in line if text)


@lru_cache(maxsize=1)
def default_masker() -> Masker:
    from bot.content import load_content

    return Masker(load_name_finder(), numbers_of(load_content().help_lines))

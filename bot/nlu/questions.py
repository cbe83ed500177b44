"""Finds the questions in a message that asks two things."""
from __future__ import annotations

from collections.abc import Sequence

from bot.red_flags import default_red_flags
from bot.text import is_stop

AT_MOST = 4
SHORTEST = 3  # words; "and heat?" leans on what stands before it
_JOINERS = frozenset({"and", "n", "also", "plus", "then", "or", "but", "&", "second", "secondly", "another"})
_ASKING = frozenset(
    "what whats which who whom whose when where why how hows can could does do did is are was will would should may "
    "might if explain tell".split()
)


def split_questions(text: str) -> list[str]:
    """The parts of a message that may ask something of their own, normalised; one part where nothing joins two.

    A part ends with a sentence, or where a joining word is followed within three words by one that asks
    ("… and how often", "… also can I"). A part without a word that asks is a detour, and left out.
    """
    words = default_red_flags().reader.words(text)
    parts: list[list[str]] = [[]]
    for n, word in enumerate(words):
        if is_stop(word) or _joins(words, n):
            parts.append([])
        if word[0].isalnum():
            parts[-1].append(word)
    asking = [part for part in parts if len(part) >= SHORTEST and _ASKING.intersection(part)]
    return [" ".join(part) for part in asking][:AT_MOST]


def _joins(words: Sequence[str], n: int) -> bool:
    if words[n] not in _JOINERS:
        return False
    return any(word in _ASKING for word in words[n + 1:n + 4])

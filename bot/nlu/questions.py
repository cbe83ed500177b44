"""Finds the questions in a message that asks two things."""
from __future__ import annotations

from collections.abc import Sequence

from bot.red_flags import default_red_flags
from bot.text import is_stop

AT_MOST = 4
_EITHER = frozenset({"or", "and", "n"})
_DETERMINERS = frozenset("the a an my his her their some any".split())
_JOINERS = frozenset(
    "and an n also plus then but & so next first firstly second secondly another furthermore moreover besides".split()
)
_OPENERS = frozenset("what whats which who whos whom whose when where why how hows whether if explain tell".split())
_VERBS = frozenset(
    "can could does do did is are was were will would should shall may might must ought".split()
)
_FIRST = _VERBS | {"has", "any"}
_STATES = frozenset("is are was were did".split())  # "strength is normal" asks nothing
# What a question without a joining word begins with: "… can my husband do it", "…, how long does it take".
_BEGINS_WITH = frozenset("can could does did is are will would should shall may".split())
_WHOM = frozenset("i it my you he she they we this that the a an there massage neuropathy heat".split())
_AFTER_OPENER = frozenset(
    "is are do does can could should would will causes cause makes happens helps many often long much soon fast about "
    "else kind kinds sort exactly to".split()
)


def split_questions(text: str) -> list[str]:
    """The parts of a message that may ask something of their own, normalised; one part where nothing joins two.

    A part ends with a sentence, where a joining word is followed within four words by one that asks ("… and how
    often", "… also can I"), and where a new question begins without either ("is it risky can my husband do it"). A
    part that asks nothing is a detour, and left out.
    """
    words = default_red_flags().reader.words(text)
    parts: list[list[str]] = [[]]
    marked: list[bool] = [False]
    for n, word in enumerate(words):
        if word == "?":
            marked[-1] = True
        if is_stop(word) or _joins(words, n) or _begins(words, n, parts[-1]):
            parts.append([])
            marked.append(False)
        if word[0].isalnum():
            parts[-1].append(word)
    return [" ".join(part) for part, mark in zip(parts, marked) if _asks(part, mark)][:AT_MOST]


def _joins(words: Sequence[str], n: int) -> bool:
    if words[n] not in _JOINERS:
        return False
    return any(word in _OPENERS or word in _FIRST for word in words[n + 1:n + (2 if words[n] == "an" else 5)])


def _begins(words: Sequence[str], n: int, part: Sequence[str]) -> bool:
    """Whether a question begins at word `n`, amid the part so far, without a joining word."""
    if n + 1 >= len(words) or len(part) < 3 or "if" in part[:2]:
        return False
    if words[n] in _BEGINS_WITH and words[n + 1] in _WHOM:
        return part[-1] != "or" and not _OPENERS.intersection(part[-6:])  # "or is it" asks the same again
    return words[n] in _OPENERS and words[n + 1] in _AFTER_OPENER and words[n - 1] == ","


def _asks(part: Sequence[str], mark: bool) -> bool:
    """Whether a part asks something; `mark`: a question mark follows it."""
    told = [word for word in part if word not in _JOINERS]
    if len(told) < 2:  # "and why" belongs to what stands before it
        return False
    return mark or bool(_OPENERS.intersection(told)) or told[0] in _FIRST or told[1] in _VERBS - _STATES


def without_either(text: str) -> list[tuple[str, str]]:
    """(without the second, without the first) of two things that are named side by side: "does heat or massage help"
    is "does heat help" and "does massage help". `text` is normalised; the first two such places count."""
    words = text.split()
    found = []
    for n in range(1, len(words) - 1):
        if words[n] in _EITHER:
            second = n + 1
            while second < len(words) - 1 and words[second] in _DETERMINERS:
                second += 1
            found.append((" ".join(words[:n] + words[second + 1:]), " ".join(words[:n - 1] + words[n + 1:])))
    return found[:2]

"""What is trained on and what is tested on are kept apart; so are the intents of data/.

A test message that also stands in data/ measures memory instead of understanding. Two phrases are the same
where they differ only in case, accents, punctuation or spacing; two of different intents also where they differ
only in spelling.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.desk.phrases import Phrase
from bot.desk.problems import Problem
from bot.labelled_messages import Row
from bot.text import compare_key

SHORT_TURN = 3  # words; a turn of a dialogue may be as short as "hi": it measures the turns around it


def copied(rows: Iterable[Row], phrases: Iterable[Phrase]) -> list[Problem]:
    """Where a message of the evaluation stands in data/ too; never its words, which are not to be known here."""
    same = defaultdict(list)
    for phrase in phrases:
        same[phrase.key].append(phrase)
    found = []
    for row in rows:
        for number, message in enumerate(row.messages, 1):
            key = compare_key(message.text)
            if row.is_dialogue and len(key.split()) <= SHORT_TURN:
                continue
            where = f"evaluation/{row.path.parent.name}/{row.path.name}:{row.line} ({row.name_of(number)})"
            found += [
                Problem(path=phrase.path, line=phrase.line,
                        text=f"stands in {where}, too; take it out here: what is trained on cannot be measured on")
                for phrase in same.get(key, ())
            ]
    return found


def repeated(phrases: Iterable[Phrase]) -> list[Problem]:
    """Phrases that stand twice in a file letter by letter; twins in case or punctuation may: people do type both.

    In talk the same words ("why") may stand as often as people say them.
    """
    found, first = [], {}
    for phrase in _no_talk(phrases):
        before = first.setdefault((phrase.path, phrase.text), phrase)
        if before is not phrase:
            found.append(Problem(
                path=phrase.path, line=phrase.line, text=f"{phrase.text!r} stands in line {before.line} already; take one out",
            ))
    return found


def in_two_places(phrases: Iterable[Phrase], tier_of: Callable[[str], str | None]) -> list[Problem]:
    """Where one phrase is trained as two different things.

    An intent and red_flags/none_<what> agree: ordinary phrases are no red flags (bot/nlu/red_flag_detector.py).

    Args:
        tier_of: the tier of a red flag by its id, to say how far the two are apart.
    """
    same = defaultdict(list)
    for phrase in _no_talk(phrases):
        same[phrase.key].append(phrase)
    return list(_disagreeing(same.values(), "differ at most in case or punctuation", tier_of))


def in_two_spellings(phrases: Iterable[Phrase], words_of: Callable[[str], str]) -> list[Problem]:
    """Phrases of two intents that come out alike once misspellings and text-speak are undone: the model cannot tell
    them apart. `words_of` undoes them."""
    same: dict[str, dict[str, Phrase]] = defaultdict(dict)
    for phrase in phrases:
        if phrase.is_of_intent:
            same[words_of(phrase.text)].setdefault(phrase.key, phrase)
    groups = [list(group.values()) for words, group in same.items() if words]
    return list(_disagreeing(groups, "differ only in spelling", lambda _: None))


def _no_talk(phrases: Iterable[Phrase]) -> Iterator[Phrase]:
    return (phrase for phrase in phrases if not phrase.is_of_talk)


def _disagreeing(
    groups: Iterable[Sequence[Phrase]], how: str, tier_of: Callable[[str], str | None]
) -> Iterator[Problem]:
    for group in groups:
        if len(group) > 1 and _disagree({phrase.label for phrase in group}):
            one, *others = group
            other = next(phrase for phrase in others if phrase.label != one.label)
            yield Problem(
                path=other.path, line=other.line,
                text=f"{other.text!r} and {one.place} ({_named(one, tier_of)}) {how}; keep the one whose answer fits",
            )


def _named(phrase: Phrase, tier_of: Callable[[str], str | None]) -> str:
    tier = tier_of(phrase.path.stem) if not phrase.is_of_intent else None
    return f"{phrase.path.stem}, {tier}" if tier else phrase.path.stem


def _disagree(labels: set[str]) -> bool:
    no_flag = {label for label in labels if label.startswith("red_flags/none_")}
    others = labels - no_flag
    return len(others) > 1 or bool(no_flag) and any(label.startswith("red_flags/") for label in others)

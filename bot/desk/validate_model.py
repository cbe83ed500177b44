"""`make validate` with a model's eyes: phrases that may stand under the wrong intent, and phrases that are all but the same.

Warnings only: a model may be wrong, and two intents may well be asked alike.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from bot.desk.phrases import Phrase
from bot.desk.problems import Problem
from bot.nlu.heads import FOLDS, HeadSettings, train_heads
from bot.yaml_files import read_mapping

SHOWN = 20  # of each kind, the clearest first: more is not read
SURE = 0.7  # 11 of today's phrases reach it; some could be asked for either intent, none is plainly wrong
# Read pair by pair: two questions of different intents are one word apart from 0.94 on ("help", "prevent"), and share
# their subject only below. Within an intent two say the same in the same words from 0.98 on; at 0.96 one says it in
# words of its own.
TWINS_FROM, DUPLICATES_FROM = 0.94, 0.98
_BLOCK = 1000  # rows of cosines at a time


def check_with_model(phrases: Sequence[Phrase], root: Path) -> Iterator[Problem]:
    """Mislabelled phrases, near twins across intents, near-duplicates within an intent; the clearest of each first.

    `phrases`: all of data/, since a training keeps the vectors of all together.
    """
    mine = [phrase for phrase in phrases if phrase.is_of_intent]
    texts, vectors = _read(phrases)
    chosen = [n for n, phrase in enumerate(phrases) if phrase.is_of_intent]
    texts, vectors = [texts[n] for n in chosen], vectors[chosen]
    yield from _mislabelled(mine, texts, vectors, head_settings(root / "config.yml"))
    labels = np.array([phrase.label for phrase in mine])
    for one, other, cosine in closest(texts, vectors, lambda a, b: labels[a] != labels[b], TWINS_FROM):
        yield _pair(mine[one], mine[other], f"is a near twin of another intent's ({cosine:.3f}); keep both if the answers differ")
    for one, other, cosine in closest(texts, vectors, lambda a, b: labels[a] == labels[b], DUPLICATES_FROM):
        yield _pair(mine[one], mine[other], f"says the same once more ({cosine:.3f}); one that differs teaches more")


def _pair(one: Phrase, other: Phrase, what: str) -> Problem:
    return Problem(path=other.path, line=other.line, is_warning=True, text=f"{other.text!r} {what}: {one.place} {one.text!r}")


def _read(phrases: Sequence[Phrase]) -> tuple[list[str], np.ndarray]:
    """Normalised texts and vectors [n, d] of all phrases, as a training reads them and keeps them."""
    from bot.nlu.encoder import SentenceEncoder
    from bot.nlu.encoder_file import encoder_path
    from bot.nlu.normalize import normalize
    from bot.nlu.vector_cache import encode_with_cache
    from bot.settings import read_settings

    folder = read_settings().encoder_folder
    encoder = SentenceEncoder.load(folder)
    texts = [normalize(phrase.text) or phrase.text for phrase in phrases]
    path = encoder_path(folder, precision=encoder.precision).with_suffix(".vectors.npz")
    return texts, encode_with_cache(texts, encoder.encode, path)


def head_settings(config: Path) -> HeadSettings:
    """The topic classifier's settings as config.yml has them."""
    steps = [step for step in read_mapping(config)["pipeline"] if str(step.get("name")).endswith("TopicClassifier")]
    known = {field.name for field in fields(HeadSettings)}
    return HeadSettings(**{key: value for step in steps for key, value in step.items() if key in known})


def _mislabelled(
    phrases: Sequence[Phrase], texts: Sequence[str], vectors: np.ndarray, settings: HeadSettings
) -> Iterator[Problem]:
    labels = [phrase.label for phrase in phrases]
    classes, likely = held_out_probabilities(labels, texts, vectors, settings)
    for place, better, sure in likely_mislabelled(labels, classes, likely):
        phrase = phrases[place]
        yield Problem(
            path=phrase.path, line=phrase.line, is_warning=True,
            text=f"{phrase.text!r} reads as {better} ({sure:.2f}) to a model that has not seen it; move it there if that is "
                 "the answer it wants",
        )


def held_out_probabilities(
    labels: Sequence[str], texts: Sequence[str], vectors: np.ndarray, settings: HeadSettings
) -> tuple[list[str], np.ndarray]:
    """(classes [k], probabilities [n, k] of each message by heads trained without its fold).

    The folds are blocks of each label's messages in order, as in a training (`bot.nlu.heads.train_heads`).
    """
    folds, names = _folds(labels), np.array(labels)
    classes = sorted(set(labels))
    likely = np.zeros((len(labels), len(classes)), dtype=np.float32)
    for fold in range(FOLDS):
        kept = np.flatnonzero(folds != fold)
        heads = train_heads(vectors[kept], [texts[n] for n in kept], names[kept].tolist(), settings)
        columns = [classes.index(name) for name in heads.classes]
        for n in np.flatnonzero(folds == fold):
            likely[n, columns] = heads.probabilities(vectors[n], texts[n])
    return classes, likely


def _folds(labels: Sequence[str]) -> np.ndarray:
    places: dict[str, list[int]] = defaultdict(list)
    for n, label in enumerate(labels):
        places[label].append(n)
    folds = np.zeros(len(labels), dtype=int)
    for numbers in places.values():
        folds[numbers] = np.arange(len(numbers)) * FOLDS // len(numbers)
    return folds


def likely_mislabelled(
    labels: Sequence[str], classes: Sequence[str], likely: np.ndarray, sure: float = SURE
) -> list[tuple[int, str, float]]:
    """(place, likelier label, its probability), the widest margin first, at most `SHOWN`.

    Confident learning (Northcutt and others, 2021): a label counts against the given one only where the model is as
    sure of it as it is, on average, of messages that do stand under it. `sure`: and at least this sure.
    """
    own = np.array([classes.index(label) for label in labels])
    average = np.array([likely[own == k, k].mean() for k in range(len(classes))])
    best = likely.argmax(axis=1)
    rows = np.arange(len(labels))
    odd = np.flatnonzero((best != own) & (likely[rows, best] >= np.maximum(average[best], sure)))
    margin = likely[rows, best] - likely[rows, own]
    return [(int(n), classes[best[n]], float(likely[n, best[n]])) for n in odd[np.argsort(-margin[odd], kind="stable")]][:SHOWN]


def closest(
    texts: Sequence[str], vectors: np.ndarray, counts: Callable[[np.ndarray, np.ndarray], np.ndarray], least: float,
    shown: int = SHOWN,
) -> list[tuple[int, int, float]]:
    """(one, other, cosine) of the texts whose unit vectors [n, d] are closest to each other, the closest first.

    Texts that are the same once normalised are one: people do misspell, and the model reads them alike. So are emoji,
    of which nothing is left.

    Args:
        counts: which pairs of places, [m] and [m], are asked for.
        least: cosine from which a pair is told.
    """
    found: dict[tuple[str, str], tuple[int, int, float]] = {}
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start:start + _BLOCK] @ vectors.T
        ones, others = np.nonzero(cosines >= least)
        values = cosines[ones, others]
        ones = ones + start
        wanted = (ones < others) & counts(ones, others)
        for one, other, cosine in zip(ones[wanted].tolist(), others[wanted].tolist(), values[wanted].tolist()):
            if texts[one] != texts[other] and texts[one][:1].isalnum() and texts[other][:1].isalnum():
                found.setdefault((texts[one], texts[other]), (one, other, cosine))
    return sorted(found.values(), key=lambda pair: (-pair[2], pair[:2]))[:shown]

"""What a message asks after the topic that was answered last: "even years later?", "and the other kind", "who does it".

A conditional logit over the intents. How much an intent has for it is the sum of
- what the message by itself says (`log` of the classifier's probability, weighed by how short the message is),
- for the topic answered last: how much such words ask on (a linear reading of the sentence vector),
- how often people go from the last topic to this one, and how often such words are about this one.
Learned from data/follow_ups, conversations in which each message is labelled with what it asks there.
"""
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from bot.content import TOPICS
from bot.labelled_messages import Row, find_files, load_rows
from bot.settings import ROOT
from bot.text import compare_key

CONVERSATIONS = ROOT / "data" / "follow_ups"
LENGTHS = (3, 6)  # words up to which a message is very short, or short
LONGEST = 20  # words; a longer message says itself what it is about
LEAST = 1e-4  # added to a probability before its logarithm is taken
FILE = "follow_ups.npz"
# Ridge penalties, set by cross-validation over conversations.
PENALTY = {"alone": 0.001, "stay": 0.001, "asks_on": 0.3, "moves": 1.0, "words": 0.3, "bias": 0.01, "answered_too": 0.01}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message and the topics that were answered last; `asked`: the intent that is right for it, for training."""

    text: str
    last_topics: tuple[str, ...]
    asked: str | None = None


def conversations() -> list[Row]:
    """All of data/follow_ups.

    Raises:
        DataFileError, SetupError: a row is not of the form of evaluation/README.md, or there is none.
    """
    return load_rows(find_files(folder=CONVERSATIONS))


def digest_of_conversations() -> str:
    """Changes when data/follow_ups does."""
    digest = hashlib.sha256()
    for path in sorted(CONVERSATIONS.glob("*.jsonl")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def turns_of(rows: Sequence[Row]) -> list[Turn]:
    """The labelled messages that follow an answer, in conversations as they should go.

    A message that asks two things, or that nobody labelled, is left out.
    """
    turns = []
    for row in rows:
        last: tuple[str, ...] = ()
        for message in row.messages:
            if last and message.topic and not is_long(message.text):
                turns.append(Turn(text=message.text, last_topics=last, asked=message.topic.replace("smalltalk.", "smalltalk_")))
            answered = tuple(name for name in (message.topic, *message.topics) if name in TOPICS)
            last = answered or last
    return turns


def is_long(text: str) -> bool:
    return len(compare_key(text).split()) > LONGEST


@dataclass(frozen=True, kw_only=True)
class FollowUpModel:
    """The weights. k intents, t topics, d numbers of a sentence vector, lengths as in `LENGTHS`.

    alone, stay: [lengths]; asks_on: [d]; moves: [t, k]; words: [d, k]; bias: [k]; answered_too: [1], for the first of
    two topics that were answered together.
    """

    alone: np.ndarray
    stay: np.ndarray
    asks_on: np.ndarray
    moves: np.ndarray
    words: np.ndarray
    bias: np.ndarray
    answered_too: np.ndarray

    def probabilities(
        self, turns: Sequence[Turn], vectors: np.ndarray, alone: np.ndarray, intents: Sequence[str]
    ) -> np.ndarray:
        """Of each intent, for each turn [n, k].

        Args:
            vectors: sentence vectors [n, d].
            alone: probability of each intent for the message by itself [n, k].
        """
        weights = {field.name: getattr(self, field.name) for field in fields(self)}
        return _softmax(_utilities(weights, _Features.of(turns, vectors, alone, intents)))

    def save(self, folder: Path) -> None:
        np.savez(folder / FILE, **{field.name: getattr(self, field.name).astype(np.float32) for field in fields(self)})

    @classmethod
    def load(cls, folder: Path) -> FollowUpModel:
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def train_follow_ups(
    turns: Sequence[Turn], vectors: np.ndarray, alone: np.ndarray, intents: Sequence[str]
) -> FollowUpModel:
    """The model that makes the labels of `turns` likeliest; arguments as in `FollowUpModel.probabilities`.

    Raises:
        ValueError: a turn whose label is none of `intents`.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    right = np.array([intents.index(turn.asked) for turn in turns])
    places = np.arange(len(turns))
    features = _Features.of(turns, vectors, alone, intents)
    lengths, (size, count) = len(LENGTHS) + 1, (vectors.shape[1], len(intents))
    shapes = {"alone": (lengths,), "stay": (lengths,), "asks_on": (size,), "moves": (len(TOPICS), count),
              "words": (size, count), "bias": (count,), "answered_too": (1,)}
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    penalty = np.concatenate([np.full(int(np.prod(shape)), PENALTY[name]) for name, shape in shapes.items()])

    def unpacked(flat: np.ndarray) -> dict[str, np.ndarray]:
        return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), np.split(flat, ends[:-1]))}

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        likely = _softmax(_utilities(unpacked(flat), features))
        missed = -np.log(likely[places, right] + 1e-12).sum()
        likely[places, right] -= 1.0
        slope = _slopes(likely, features)
        return (
            float(missed + 0.5 * (penalty * flat * flat).sum()),
            np.concatenate([slope[name].ravel() for name in shapes]) + penalty * flat,
        )

    start = np.zeros(int(ends[-1]))
    start[:lengths] = 1.0
    with threadpool_limits(1):  # small matrices: threads that wait for each other take longer
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return FollowUpModel(**unpacked(found.x))


@dataclass(frozen=True, kw_only=True)
class _Features:
    """Of n turns: vectors [n, d]; alone: log probabilities [n, k]; length [n, lengths] and topic [n, t]: one is 1;
    last, too [n, k]: 1 at the topic answered last, and at one answered with it."""

    vectors: np.ndarray
    alone: np.ndarray
    length: np.ndarray
    topic: np.ndarray
    last: np.ndarray
    too: np.ndarray

    @classmethod
    def of(cls, turns: Sequence[Turn], vectors: np.ndarray, alone: np.ndarray, intents: Sequence[str]) -> _Features:
        lengths = [sum(len(compare_key(turn.text).split()) > most for most in LENGTHS) for turn in turns]
        last = [turn.last_topics[-1] for turn in turns]
        return cls(
            vectors=vectors, alone=np.log(alone + LEAST), length=np.eye(len(LENGTHS) + 1)[lengths],
            topic=np.eye(len(TOPICS))[[TOPICS.index(name) for name in last]],
            last=np.array([[name == intent for intent in intents] for name in last], dtype=float),
            too=np.array([[intent in turn.last_topics[:-1] for intent in intents] for turn in turns], dtype=float),
        )


def _utilities(weights: dict[str, np.ndarray], seen: _Features) -> np.ndarray:
    """How much each intent has for it [n, k]."""
    stay = seen.length @ weights["stay"] + seen.vectors @ weights["asks_on"]
    return (
        (seen.length @ weights["alone"])[:, None] * seen.alone + stay[:, None] * seen.last
        + seen.topic @ weights["moves"] + seen.vectors @ weights["words"] + weights["bias"]
        + weights["answered_too"] * seen.too
    )


def _slopes(wrong: np.ndarray, seen: _Features) -> dict[str, np.ndarray]:
    """The loss's gradient, given its gradient by the utilities [n, k]."""
    by_last = (wrong * seen.last).sum(axis=1)
    return {
        "alone": seen.length.T @ (wrong * seen.alone).sum(axis=1), "stay": seen.length.T @ by_last,
        "asks_on": seen.vectors.T @ by_last, "moves": seen.topic.T @ wrong, "words": seen.vectors.T @ wrong,
        "bias": wrong.sum(axis=0), "answered_too": np.array([(wrong * seen.too).sum()]),
    }


def _softmax(utilities: np.ndarray) -> np.ndarray:
    powers = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

"""Puts messages that ask alike together, by the meaning of their words."""
from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.inbox.store import KeptMessage
from bot.text import compare_key, fold

if TYPE_CHECKING:
    import numpy as np

# Cosine from which two messages count as alike. Of pairs in the evaluation that are so close 6 in 10 ask for one topic (8.6
# in 10 from 0.8, where groups stay small; 3 in 10 from 0.7).
ALIKE = 0.75
MOST_TEXTS = 3_000  # different ones, the newest; more would not fit a screen, and the matrix 36 MB
Encode = Callable[[Sequence[str]], "np.ndarray"]


class Vectors:
    """Encodes texts, and remembers the vectors of the latest call's: a page that is opened again is there at once.

    Nothing else is remembered, so that a deleted message is gone from memory with the next call. Safe to use from
    several threads.

    Args:
        load: gives what encodes; asked on first use.
    """

    def __init__(self, load: Callable[[], Encode]) -> None:
        self._load, self._lock = load, threading.Lock()
        self._encode: Encode | None = None
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        with self._lock:
            self._encode = self._encode or self._load()
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            known = {**self._known, **(dict(zip(new, self._encode(new))) if new else {})}
            self._known = {text: known[text] for text in texts}
            return np.stack([known[text] for text in texts])

    def forget(self) -> None:
        """Drop what is remembered: the inbox is empty."""
        with self._lock:
            self._known = {}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Messages that ask alike; the first is the one in their middle."""

    messages: tuple[KeptMessage, ...]

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason for message in self.messages for reason in message.why))


def group_messages(messages: Sequence[KeptMessage], encode: Encode, *, alike: float = ALIKE) -> list[Group]:
    """Groups, the largest first.

    The message with the most neighbours takes them along, and so on with those that are left: unlike merging pairs,
    no chain of small steps makes one group of everything.

    Args:
        encode: texts to vectors of length 1 [n, d].
    """
    import numpy as np

    same: dict[str, list[KeptMessage]] = {}
    for message in messages:
        same.setdefault(compare_key(message.text), []).append(message)
    piles = list(same.values())[-MOST_TEXTS:]
    if not piles:
        return []
    vectors = encode([fold(pile[0].text) for pile in piles])
    near = (vectors @ vectors.T >= alike).astype(np.float32)  # numbers, so that the sums below are quick
    np.fill_diagonal(near, 1.0)
    weights = np.array([len(pile) for pile in piles], dtype=np.float32)
    neighbours = near @ weights
    left = np.ones(len(piles), dtype=bool)
    groups = []
    while left.any():
        middle = int(np.where(left, neighbours, -1.0).argmax())
        members = np.flatnonzero((near[middle] > 0) & left)
        order = [middle, *(int(n) for n in members if n != middle)]
        groups.append(Group(messages=tuple(message for n in order for message in piles[n])))
        left[members] = False
        neighbours -= near[:, members] @ weights[members]
    return sorted(groups, key=lambda group: -len(group.messages))

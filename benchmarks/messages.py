"""What the visitors of a benchmark say: the evaluation's messages, then the training phrases."""
from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError

SEED = 20_240_601
MAX_CHARACTERS = 1_000  # the API's limit


def read_messages(root: Path) -> list[str]:
    """Different real messages in an order that is the same in each run.

    Raises:
        BenchmarkError: there are none.
    """
    evaluated = _usable(_evaluation(root / "evaluation"))
    phrases = _usable(_phrases(root / "data" / "nlu"))
    if not evaluated and not phrases:
        raise BenchmarkError(f"no messages in {root}/evaluation or {root}/data/nlu; run this in a whole checkout")
    chance = random.Random(SEED)
    chance.shuffle(evaluated)
    chance.shuffle(phrases)
    return list(dict.fromkeys(evaluated + phrases))


def take(messages: list[str], start: int, count: int) -> list[str]:
    """`count` messages from `start` on, from the beginning again after the last."""
    return [messages[(start + number) % len(messages)] for number in range(count)]


def _usable(texts: list[str]) -> list[str]:
    """Without commands, which Rasa's REST channel would obey, and without what the API refuses."""
    stripped = (text.strip() for text in texts)
    return sorted({text for text in stripped if 0 < len(text) <= MAX_CHARACTERS and not text.startswith("/")})


def _evaluation(folder: Path) -> list[str]:
    texts = []
    for path in sorted(folder.rglob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row: dict[str, Any] = json.loads(line)
                turns = row.get("turns") or [row]
                texts += [turn["text"] for turn in turns if isinstance(turn.get("text"), str)]
            except (ValueError, AttributeError):
                raise BenchmarkError(f"{path}:{number}: not a row of the evaluation; see evaluation/") from None
    return texts


def _phrases(folder: Path) -> list[str]:
    lines = (
        line.strip() for path in sorted(folder.glob("*.yml")) for line in path.read_text(encoding="utf-8").splitlines()
    )
    return [line[2:] for line in lines if line.startswith("- ") and not line.startswith("- intent:")]

"""Red flags in Rasa's pipeline: the rules (layer one) and a trained detector (layer two).

Layer two reads what no rule foresaw. It is trained on data/red_flags/<kind>.txt against data/red_flags/none_*.txt, all
ordinary phrases of data/nlu and the talk of data/follow_ups, and takes what the rules say of a message as one piece of
evidence among others. How the layers combine stands in `combine`, with its thresholds in config.yml.
"""
from __future__ import annotations

import hashlib
import logging
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content import INTENTS
from bot.errors import DataFileError
from bot.nlu.featurizer import VECTOR, encode_all
from bot.nlu.follow_ups import conversations, digest_of_conversations
from bot.nlu.heads import HeadSettings, TextHeads, train_heads
from bot.nlu.normalize import normalize
from bot.nlu.tokenizer import NORMALIZED
from bot.red_flags import RedFlag, RedFlags, by_severity, default_red_flags
from bot.reply import TIERS
from bot.settings import ROOT

log = logging.getLogger(__name__)
NONE = "none"
SAYS_LITTLE = 6  # words
NAMED_FROM = 0.0  # the score of a kind (1: as in training, -1: nothing like it) from which it is named
EXAMPLES = ROOT / "data" / "red_flags"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RedFlagDetector(GraphComponent, IntentClassifier):
    """Sets `red_flags` (ids, most severe first); where there is one, the intent becomes `red_flag` and what the
    message asks otherwise moves to `asked_intent`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`raise_at`: probability of a tier or a higher one, rules weighed in, from which it is raised.
        `sure_topic`, `sure_topic_raises_by`: where no rule speaks and the message is this likely an ordinary question
        or small talk, layer two must be surer by so much."""
        return {
            **asdict(HeadSettings(landmarks=3500, alpha=0.1, joint_c=1.0)),
            "raise_at": {"caution": 0.34, "urgent": 0.32, "emergency": 0.19, "crisis": 0.16},
            "sure_topic": 0.4,
            "sure_topic_raises_by": {"caution": 0.38, "urgent": 0.35, "emergency": 0.5, "crisis": 0.5},
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, heads: TextHeads | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._heads = config, storage, resource, heads
        self._rules: RedFlags = default_red_flags()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains anew when the examples change, as it does for data/nlu."""
        digest = hashlib.sha256()
        for path in sorted(EXAMPLES.glob("*.txt")):
            digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest() + digest_of_conversations()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext,
    ) -> RedFlagDetector:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext, **kwargs: Any,
    ) -> RedFlagDetector:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TextHeads.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        texts, kinds = read_examples(EXAMPLES, self._rules.flags)
        talk = [message.text for row in conversations() for message in row.messages]
        texts, kinds = [*texts, *talk], [*kinds, *[f"{NONE}_follow_ups"] * len(talk)]
        labels = [self._rules.flags[kind].tier if kind in self._rules.flags else NONE for kind in kinds]
        ordinary = [e for e in training_data.intent_examples if e.get(TEXT)]
        with ThreadPoolExecutor(1) as pool:  # the encoder holds no lock: the rules are read meanwhile
            told = pool.submit(self._told_of, [*texts, *(e.get(TEXT) for e in ordinary)])
            texts = [normalize(text) for text in texts]
            vectors = encode_all(texts)
            evidence = told.result()
        vectors = np.vstack([vectors, *(e.get(VECTOR)[None, :] for e in ordinary)])
        texts += [e.get(NORMALIZED) for e in ordinary]
        labels += [NONE] * len(ordinary)
        kinds += [f"{NONE}_{e.get(INTENT)}" for e in ordinary]
        self._heads = train_heads(
            vectors, texts, labels,
            HeadSettings(**{field.name: self._config[field.name] for field in fields(HeadSettings)}),
            kinds, evidence,
        )
        with self._storage.write_to(self._resource) as folder:
            self._heads.save(folder)
        return self._resource

    def _told_of(self, texts: list[str]) -> np.ndarray:
        """What the rules say of many messages [n, tiers]."""
        return np.stack([tiers_told(self._rules.check(text)) for text in texts])

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            by_rule = self._rules.check(text)
            tiers, kinds = self._read(message, by_rule)
            ranking = message.get(INTENT_RANKING_KEY) or []
            topic = max((i[PREDICTED_CONFIDENCE_KEY] for i in ranking if i[INTENT_NAME_KEY] in INTENTS), default=0.0)
            if len((message.get(NORMALIZED) or "").split()) <= SAYS_LITTLE:
                topic = 1.0  # "what if I don't want them": a few words that no rule knows seldom report anything
            flags = combine(by_rule, tiers, kinds, topic, self._config, self._rules) if tiers else by_rule
            lifts = not by_rule and self._rules.lifts(text)
            if lifts:
                # "I misread, I take no blood thinner": naming what was wrong is no new report of it.
                flags = [flag for flag in flags if flag.tier != "caution"]
            message.set("lifts_standing", lifts, add_to_output=True)
            message.set("red_flags", [flag.id for flag in flags], add_to_output=True)
            message.set("red_flag_probabilities", tiers, add_to_output=True)
            message.set("asked_intent", (message.get(INTENT) or {}).get(INTENT_NAME_KEY), add_to_output=True)
            if flags:
                message.set(INTENT, {INTENT_NAME_KEY: "red_flag", PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
        return messages

    def _read(self, message: Message, by_rule: list[RedFlag]) -> tuple[dict[str, float], dict[str, float]]:
        """(probability of each tier, score of each kind); both empty when layer two breaks: the rules go on alone."""
        try:
            probabilities, scores = self._heads.probabilities_and_kinds(
                message.get(VECTOR), message.get(NORMALIZED) or "", tiers_told(by_rule)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost a warning
            log.error("the trained red-flag layer failed, the rules answer alone: %s", type(error).__name__)
            return {}, {}
        return (dict(zip(self._heads.classes, map(float, probabilities))),
                dict(zip(self._heads.kinds, map(float, scores))))


def tiers_told(flags: list[RedFlag]) -> np.ndarray:
    """1 for each tier that a rule speaks of, in the order of TIERS: the evidence that layer two reads."""
    told = {flag.tier for flag in flags}
    return np.array([float(tier in told) for tier in TIERS])


def at_least(tiers: dict[str, float], tier: str) -> float:
    """Probability of `tier` or a higher one; crisis stands apart, because its help differs."""
    if tier == "crisis":
        return tiers.get("crisis", 0.0)
    return sum(tiers.get(name, 0.0) for name in TIERS[TIERS.index(tier):])


def combine(
    by_rule: list[RedFlag], tiers: dict[str, float], kinds: dict[str, float], topic: float, config: dict[str, Any],
    rules: RedFlags,
) -> list[RedFlag]:
    """The red flags of a message out of both layers, most severe first.

    A tier is raised whose probability (of it or a higher one) reaches its threshold, which is higher where no rule
    speaks and the message is clearly an ordinary question (`topic`: the probability of its likeliest intent). Rules
    name what is told. Where none of the raised tier does, the likeliest kind names it, or general words where no kind
    is likely.
    """
    is_sure_topic = not by_rule and topic >= config["sure_topic"]
    flags = [flag for flag in by_rule if at_least(tiers, flag.tier) >= config["raise_at"][flag.tier]]
    for tier in reversed(TIERS):
        surer = config["sure_topic_raises_by"][tier] if is_sure_topic else 0.0
        if at_least(tiers, tier) < config["raise_at"][tier] + surer:
            continue
        if not any(TIERS.index(flag.tier) >= TIERS.index(tier) for flag in flags):
            flags.append(rules.flags[likeliest_kind(tier, kinds, rules)])
        break
    return by_severity(flags)


def likeliest_kind(tier: str, kinds: dict[str, float], rules: RedFlags) -> str:
    """The kind of a tier that a message is most like; `unnamed_<tier>` where it is much like none."""
    of_tier = {name: score for name, score in kinds.items() if name in rules.flags and rules.flags[name].tier == tier}
    best = max(of_tier, key=of_tier.__getitem__, default=None)
    return best if best is not None and of_tier[best] >= NAMED_FROM else f"unnamed_{tier}"


def read_examples(folder: Path, known: Container[str]) -> tuple[list[str], list[str]]:
    """(messages, kinds) of data/red_flags; a kind none_... says that its messages are no red flag.

    Raises:
        DataFileError: a file that is named after no red flag, or an empty folder.
    """
    texts: list[str] = []
    kinds: list[str] = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in known and not path.stem.startswith(f"{NONE}_"):
            raise DataFileError(path, "named after no red flag of content/red_flags, nor none_<what>.txt")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        texts += lines
        kinds += [path.stem] * len(lines)
    if not texts:
        raise DataFileError(folder, "holds no examples; restore it from git")
    return texts, kinds

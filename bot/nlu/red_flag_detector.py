"""Red flags in Rasa's pipeline: the rules (layer one) and a trained detector (layer two).

Layer two reads what no rule foresaw. It is trained on data/red_flags/<kind>.txt against
data/red_flags/none_*.txt and all ordinary phrases of data/nlu. How the layers combine stands in
`combine`, with its thresholds in config.yml.
"""
from __future__ import annotations

import hashlib
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
from bot.nlu.heads import HeadSettings, TextHeads, train_heads
from bot.nlu.normalize import normalize
from bot.nlu.tokenizer import NORMALIZED
from bot.red_flags import RedFlag, RedFlags, by_severity, default_red_flags
from bot.reply import TIERS
from bot.settings import ROOT

NONE = "none"
EXAMPLES = ROOT / "data" / "red_flags"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RedFlagDetector(GraphComponent, IntentClassifier):
    """Sets `red_flags` (ids, most severe first); where there is one, the intent becomes `red_flag` and what the
    message asks otherwise moves to `asked_intent`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`raise_at`: probability of a tier or a higher one from which layer two alone raises it.
        `veto_below`: probability of any flag below which a rule of that tier is not believed.
        `sure_topic`, `sure_topic_raises_by`: where no rule speaks and the message is clearly an ordinary question
        (its intent at least this likely), layer two must be surer by so much."""
        return {
            **asdict(HeadSettings()),
            "raise_at": {"caution": 0.6, "urgent": 0.5, "emergency": 0.42, "crisis": 0.3},
            "veto_below": {"caution": 0.15, "urgent": 0.15, "emergency": 0.075, "crisis": 0.05},
            "sure_topic": 0.8,
            "sure_topic_raises_by": 0.2,
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
        return digest.hexdigest()

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
        texts, labels = read_examples(EXAMPLES, {name: flag.tier for name, flag in self._rules.flags.items()})
        texts = [normalize(text) for text in texts]
        vectors = encode_all(texts)
        ordinary = [e for e in training_data.intent_examples if e.get(TEXT)]
        vectors = np.vstack([vectors, *(e.get(VECTOR)[None, :] for e in ordinary)])
        texts += [e.get(NORMALIZED) for e in ordinary]
        labels += [NONE] * len(ordinary)
        self._heads = train_heads(
            vectors, texts, labels,
            HeadSettings(**{field.name: self._config[field.name] for field in fields(HeadSettings)}),
        )
        with self._storage.write_to(self._resource) as folder:
            self._heads.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            by_rule = self._rules.check(text)
            probabilities = self._heads.probabilities(message.get(VECTOR), message.get(NORMALIZED) or "")
            tiers = dict(zip(self._heads.classes, map(float, probabilities)))
            ranking = message.get(INTENT_RANKING_KEY) or []
            topic = max((i[PREDICTED_CONFIDENCE_KEY] for i in ranking if i[INTENT_NAME_KEY] in INTENTS), default=0.0)
            flags = combine(by_rule, tiers, self._config, self._rules, topic_probability=topic)
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


def at_least(tiers: dict[str, float], tier: str) -> float:
    """Probability of `tier` or a higher one; crisis stands apart, because its help differs."""
    if tier == "crisis":
        return tiers.get("crisis", 0.0)
    return sum(tiers.get(name, 0.0) for name in TIERS[TIERS.index(tier):])


def combine(
    by_rule: list[RedFlag], tiers: dict[str, float], config: dict[str, Any], rules: RedFlags, *,
    topic_probability: float,
) -> list[RedFlag]:
    """The red flags of a message out of both layers, most severe first.

    A rule's flag stands unless layer two is nearly sure that there is none. Layer two alone raises the highest
    tier whose probability (of it or a higher one) reaches its threshold, and tells it in general words.
    """
    any_flag = 1.0 - tiers.get(NONE, 0.0)
    flags = [flag for flag in by_rule if any_flag >= config["veto_below"][flag.tier]]
    surer = config["sure_topic_raises_by"] if not flags and topic_probability >= config["sure_topic"] else 0.0
    for tier in reversed(TIERS):
        # Half of it for a crisis: people say it in passing, in the middle of an ordinary question.
        if at_least(tiers, tier) >= config["raise_at"][tier] + (surer / 2 if tier == "crisis" else surer):
            flags.append(rules.flags[f"unnamed_{tier}"])
            break
    kept = by_severity(flags)
    # General words only where no rule of that tier or a higher one names the danger.
    named = [flag for flag in kept if not flag.id.startswith("unnamed_")]
    unnamed = [flag for flag in kept if flag.id.startswith("unnamed_")]
    for flag in unnamed:
        if not named or (TIERS.index(flag.tier) > TIERS.index(named[0].tier)):
            named.insert(0, flag)
    return by_severity(named)


def read_examples(folder: Path, tiers: dict[str, str]) -> tuple[list[str], list[str]]:
    """(messages, tiers) of data/red_flags; a file none_*.txt holds messages that are no red flag.

    Raises:
        DataFileError: a file that is named after no red flag, or an empty folder.
    """
    texts: list[str] = []
    labels: list[str] = []
    for path in sorted(folder.glob("*.txt")):
        tier = NONE if path.stem.startswith("none_") else tiers.get(path.stem)
        if tier is None:
            raise DataFileError(path, "named after no red flag of content/red_flags, nor none_<what>.txt")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        texts += lines
        labels += [tier] * len(lines)
    if not texts:
        raise DataFileError(folder, "holds no examples; restore it from git")
    return texts, labels

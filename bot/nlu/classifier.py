"""Which intent a message has: heads over the sentence vector and over n-grams."""
from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.featurizer import VECTOR
from bot.nlu.heads import HeadSettings, TextHeads, train_heads
from bot.nlu.tokenizer import NORMALIZED

RANKING_LENGTH = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets Rasa's `intent` and `intent_ranking`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See `bot.nlu.heads.HeadSettings`."""
        return asdict(HeadSettings())

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, heads: TextHeads | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._heads = config, storage, resource, heads

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext, **kwargs: Any,
    ) -> TopicClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TextHeads.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._heads = train_heads(
            np.stack([e.get(VECTOR) for e in examples]), [e.get(NORMALIZED) for e in examples],
            [e.get(INTENT) for e in examples],
            HeadSettings(**{field.name: self._config[field.name] for field in fields(HeadSettings)}),
        )
        with self._storage.write_to(self._resource) as folder:
            self._heads.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            probabilities = self._heads.probabilities(message.get(VECTOR), message.get(NORMALIZED) or "")
            best = np.argsort(-probabilities)[:RANKING_LENGTH]
            ranking = [
                {INTENT_NAME_KEY: self._heads.classes[n], PREDICTED_CONFIDENCE_KEY: float(probabilities[n])}
                for n in best
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

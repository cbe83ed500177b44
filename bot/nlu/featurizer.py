"""The sentence encoder as a Rasa featurizer: one vector a message."""
from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import SentenceEncoder
from bot.nlu.tokenizer import NORMALIZED
from bot.settings import read_settings

VECTOR = "sentence_vector"


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The process's one encoder, opened on first use: three components read with it."""
    return SentenceEncoder.load(read_settings().encoder_folder)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(GraphComponent):
    """Sets the message's `sentence_vector`: float32 [384], length 1, of its normalised text.

    Not kept as a Rasa `Features` object: nothing of Rasa's reads it in this pipeline, and the policies would
    carry it through every turn.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoderFeaturizer:
        return cls(shared_encoder())

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(NORMALIZED) or message.get(TEXT) or ""
            message.set(VECTOR, self._encoder.encode([text])[0])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        texts = [example.get(NORMALIZED) or example.get(TEXT) for example in examples]
        vectors = self._encoder.encode(texts) if texts else np.empty((0, 384), dtype=np.float32)
        for example, vector in zip(examples, vectors):
            example.set(VECTOR, vector)
        return training_data

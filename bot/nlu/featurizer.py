"""The sentence encoder as a Rasa featurizer: one vector a message."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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

from bot.nlu.encoder import FEATURES, SentenceEncoder
from bot.nlu.encoder_file import encoder_path
from bot.nlu.tokenizer import NORMALIZED
from bot.nlu.vector_cache import encode_with_cache
from bot.settings import read_settings

VECTOR = "sentence_vector"


class SentenceVector(np.ndarray):
    """A vector that Rasa can fingerprint by its bytes; it would print all numbers of each message otherwise,
    after every step of a training (47 s of 200, measured)."""

    def fingerprint(self) -> str:
        return hashlib.sha1(self.tobytes()).hexdigest()


def encode_all(texts: Sequence[str]) -> np.ndarray:
    """Vectors [n, FEATURES] of many training phrases; those that an earlier training has read are not read again."""
    encoder = shared_encoder()
    path = encoder_path(read_settings().encoder_folder, precision=encoder.precision).with_suffix(".vectors.npz")
    return encode_with_cache(texts, _encode_on_all_cores, path)


def _encode_on_all_cores(texts: Sequence[str]) -> np.ndarray:
    """A session runs one text on one core: as many texts at once as there are cores."""
    workers = os.cpu_count() or 1
    parts = [list(texts[n::workers]) for n in range(workers)]
    vectors = np.empty((len(texts), FEATURES), dtype=np.float32)
    with ThreadPoolExecutor(workers) as pool:
        for n, part in enumerate(pool.map(shared_encoder().encode, parts)):
            vectors[n::workers] = part
    return vectors


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The process's one encoder, opened on first use: three components read with it."""
    return SentenceEncoder.load(read_settings().encoder_folder)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(GraphComponent):
    """Sets the message's `sentence_vector`: float32 [FEATURES], length 1, of its normalised text.

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
        vectors = encode_all([example.get(NORMALIZED) or example.get(TEXT) for example in examples])
        for example, vector in zip(examples, vectors):
            example.set(VECTOR, vector.view(SentenceVector))
        return training_data

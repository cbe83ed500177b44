"""Which intent a message has: heads over the sentence vector and over n-grams."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content import TOPICS
from bot.nlu.featurizer import VECTOR, encode_all, shared_encoder
from bot.nlu.follow_ups import (
    FollowUpModel, Turn, conversations, digest_of_conversations, is_long, train_follow_ups, turns_of,
)
from bot.nlu.heads import HeadSettings, TextHeads, train_heads
from bot.nlu.normalize import normalize
from bot.nlu.questions import split_questions, without_either
from bot.nlu.tokenizer import NORMALIZED

RANKING_LENGTH = 10
KNOWN_CONFIDENCE = 0.9
PHRASES_FILE = "phrases.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets Rasa's `intent` and `intent_ranking`, of the message by itself; `also_asked`, the second of two topics;
    `asked_in_context`, what a short message asks after the topic that was answered last."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See `bot.nlu.heads.HeadSettings`. From which probability a part of a message counts as a topic of its own:
        `part_alone`, for the part alone; `part_sure`, with the message around it weighed in (to the power
        `whole_counts`); `whole_allows`, for the message as a whole. `either_sure`, `either_allows`: the same for two
        things named side by side, for each of them alone and for the message as a whole."""
        return {
            **asdict(HeadSettings()), "part_alone": 0.1, "part_sure": 0.35, "whole_counts": 0.4, "whole_allows": 0.005,
            "either_sure": 0.5, "either_allows": 0.1,
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, heads: TextHeads | None = None,
        phrases: Mapping[str, str] | None = None, follow_ups: FollowUpModel | None = None,
    ) -> None:
        self._config, self._storage, self._resource, self._heads = config, storage, resource, heads
        self._follow_ups = follow_ups
        self._phrases = dict(phrases or {})  # normalised training phrase -> its intent

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
            phrases = json.loads((folder / PHRASES_FILE).read_text(encoding="utf-8"))
            return cls(config, model_storage, resource, TextHeads.load(folder), phrases, FollowUpModel.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains anew when the conversations change, as it does for data/nlu."""
        return digest_of_conversations()

    def train(self, training_data: TrainingData) -> Resource:
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._heads = train_heads(
            np.stack([e.get(VECTOR) for e in examples]), [e.get(NORMALIZED) for e in examples],
            [e.get(INTENT) for e in examples],
            HeadSettings(**{field.name: self._config[field.name] for field in fields(HeadSettings)}),
        )
        self._phrases = phrases_of_one_intent((e.get(NORMALIZED), e.get(INTENT)) for e in examples)
        self._follow_ups = self._learn_follow_ups()
        with self._storage.write_to(self._resource) as folder:
            self._heads.save(folder)
            self._follow_ups.save(folder)
            (folder / PHRASES_FILE).write_text(json.dumps(self._phrases), encoding="utf-8")
        return self._resource

    def _learn_follow_ups(self) -> FollowUpModel:
        turns = turns_of(conversations())
        texts = [normalize(turn.text) for turn in turns]
        vectors = encode_all(texts)
        alone = np.stack([self._heads.probabilities(vector, text) for vector, text in zip(vectors, texts)])
        return train_follow_ups(turns, vectors, alone, self._heads.classes)

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        for message in messages:
            text = message.get(NORMALIZED) or ""
            probabilities = self._heads.probabilities(message.get(VECTOR), text)
            in_context = self._in_context(message, probabilities, tracker)
            asked = [] if text in self._phrases else self._two_topics(message.get(TEXT) or "", text, probabilities)
            # A phrase of the training data is what it stands under there: who adds one may rely on it. Two topics
            # share the probability; the first is the intent, so that it is no case for a fallback.
            known = self._phrases.get(text) or (asked[0] if asked else None)
            if known is not None:
                probabilities = probabilities * (1.0 - KNOWN_CONFIDENCE)
                probabilities[self._heads.classes.index(known)] += KNOWN_CONFIDENCE
            best = np.argsort(-probabilities)[:RANKING_LENGTH]
            ranking = [
                {INTENT_NAME_KEY: self._heads.classes[n], PREDICTED_CONFIDENCE_KEY: float(probabilities[n])}
                for n in best
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set("also_asked", asked[1:], add_to_output=True)
            message.set("asked_in_context", in_context, add_to_output=True)
        return messages

    def _in_context(
        self, message: Message, probabilities: np.ndarray, tracker: DialogueStateTracker | None
    ) -> str | None:
        """What a message that is not long asks after the topics answered last; None where none was."""
        text = message.get(TEXT) or ""
        slot = (tracker.get_slot("last_topic") or "") if tracker is not None else ""
        last = tuple(name for name in slot.split() if name in TOPICS)
        if not last or is_long(text):
            return None
        turn, classes = Turn(text=text, last_topics=last), self._heads.classes
        likely = self._follow_ups.probabilities([turn], message.get(VECTOR)[None, :], probabilities[None, :], classes)[0]
        return classes[int(np.argmax(likely))]

    def _two_topics(self, text: str, normalized: str, whole: np.ndarray) -> list[str]:
        """The two topics that a message asks, in its order; empty where it asks one.

        A part of the message must be sure of its topic, and the message as a whole must not rule it out: a
        detour before the question is not a topic.
        """
        parts = split_questions(text)
        asked = self._topics_of_parts(parts, whole) if len(parts) > 1 else []
        if len(asked) < 2:
            asked = self._topics_side_by_side(normalized, whole)
        return asked[:2] if len(asked) > 1 else []

    def _topics_of_parts(self, parts: list[str], whole: np.ndarray) -> list[str]:
        asked: list[str] = []
        for part, alone in zip(parts, self._probabilities_of(parts)):
            # A short part leans on the rest: "who does them" after "how many sessions".
            both = alone * (whole + 1e-4) ** self._config["whole_counts"]
            best = int(np.argmax(both))
            name = self._heads.classes[best]
            sure = (
                both[best] >= self._config["part_sure"] * both.sum() and alone[best] >= self._config["part_alone"]
                and whole[best] >= self._config["whole_allows"]
            )
            if sure and name in TOPICS and name not in asked:
                asked.append(name)
        return asked

    def _topics_side_by_side(self, normalized: str, whole: np.ndarray) -> list[str]:
        of_topics = [p for p, name in zip(whole, self._heads.classes) if name in TOPICS]
        if sorted(of_topics)[-2] < self._config["either_allows"]:
            return []
        for pair in without_either(normalized):
            of_each = [(alone, int(np.argmax(alone))) for alone in self._probabilities_of(pair)]
            names = [self._heads.classes[best] for _, best in of_each]
            sure = all(
                alone[best] >= self._config["either_sure"] and whole[best] >= self._config["either_allows"]
                for alone, best in of_each
            )
            if sure and len(set(names)) == 2 and all(name in TOPICS for name in names):
                return names
        return []

    def _probabilities_of(self, parts: Sequence[str]) -> list[np.ndarray]:
        return [self._heads.probabilities(vector, part) for part, vector in zip(parts, shared_encoder().encode(parts))]


def phrases_of_one_intent(examples: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Intent by normalised phrase, without the phrases that come out alike under two intents."""
    intents: dict[str, set[str]] = {}
    for phrase, intent in examples:
        intents.setdefault(phrase, set()).add(intent)
    return {phrase: min(found) for phrase, found in intents.items() if len(found) == 1 and phrase}

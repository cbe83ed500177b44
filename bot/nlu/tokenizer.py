"""spaCy's tokens with offsets, for Rasa, and the normalised text that our classifiers read."""
from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.normalize import normalize

NORMALIZED = "normalized_text"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class NormalizingTokenizer(Tokenizer):
    """Sets Rasa's tokens and the message's `normalized_text`."""

    def __init__(self, config: dict[str, Any]) -> None:
        import spacy

        super().__init__(config)
        self._nlp = spacy.blank("en")

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys that Rasa's tokenizers expect; nothing of ours."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext,
    ) -> NormalizingTokenizer:
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)
        if attribute == TEXT:
            message.set(NORMALIZED, normalize(text))
        tokens = [Token(t.text, t.idx, lemma=t.lower_) for t in self._nlp.make_doc(text) if not t.is_space]
        # Rasa wants at least one token of every text; an emoji or a lone sign is one.
        return self._apply_token_pattern(tokens) or [Token(text or "?", 0)]

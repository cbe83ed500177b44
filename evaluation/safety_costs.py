"""What the red flags cost a message: layer one alone, and what layer two adds to it."""
from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.engine import as_plain_text
from evaluation.figures import percentiles

WARM_UP = 20  # messages that are not counted


@dataclass(frozen=True, kw_only=True)
class Layers:
    """`check`: layer one over a text; `prepare`: what the pipeline has made of a text when it comes to the red flags;
    `detect`: both layers over that; `config`: the thresholds that are served."""

    check: Callable[[str], Any]
    prepare: Callable[[str], Any]
    detect: Callable[[Any], Any]
    config: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Milliseconds, one a message."""

    layer_one: Sequence[float]
    layer_two: Sequence[float]

    def as_dict(self) -> dict[str, Any]:
        return {
            "layer_one_ms": percentiles(self.layer_one), "layer_two_added_ms": percentiles(self.layer_two),
        }


def measure(texts: Sequence[str], layers: Layers, clock: Callable[[], float] = time.perf_counter) -> Costs:
    """Time both layers over each text, one at a time."""
    layer_one, layer_two = [], []

    def took(work: Callable[[Any], Any], argument: Any) -> float:
        started = clock()
        work(argument)
        return (clock() - started) * 1000

    for text in (*texts[:WARM_UP], *texts):
        layer_one.append(took(layers.check, text))
        prepared = layers.prepare(text)
        # Again: the detector's own check finds the words of the message already read, too.
        again = took(layers.check, text)
        layer_two.append(took(layers.detect, prepared) - again)
    return Costs(layer_one=layer_one[len(texts[:WARM_UP]):], layer_two=layer_two[len(texts[:WARM_UP]):])


def served_layers(model: Path) -> Layers:
    """The layers of a trained model; the encoder's vector and the topic are others' cost."""
    from rasa.engine.graph import ExecutionContext
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.shared.nlu.constants import TEXT
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.featurizer import VECTOR, shared_encoder
    from bot.nlu.normalize import normalize
    from bot.nlu.red_flag_detector import RedFlagDetector
    from bot.nlu.tokenizer import NORMALIZED
    from bot.red_flags import default_red_flags

    with tempfile.TemporaryDirectory(prefix="footnote-evaluation-") as folder:
        storage, described = LocalModelStorage.from_model_archive(Path(folder), model)
        node = next(node for node in described.predict_schema.nodes.values() if node.uses is RedFlagDetector)
        config = {**RedFlagDetector.get_default_config(), **node.config}
        detector = RedFlagDetector.load(config, storage, node.resource, ExecutionContext(described.predict_schema))

    def prepare(text: str) -> list[Message]:
        plain = as_plain_text(text)
        words = normalize(plain)
        return [Message({TEXT: plain, NORMALIZED: words, VECTOR: shared_encoder().encode([words])[0]})]

    rules = default_red_flags()
    return Layers(
        check=lambda text: rules.check(as_plain_text(text)), prepare=prepare, detect=detector.process, config=config,
    )

"""The trained red-flag layer: how it combines with the rules, and what is left when it breaks."""
from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from bot.errors import DataFileError
from bot.reply import TIERS

SURE = {"raise_at": {tier: 0.5 for tier in TIERS}, "sure_topic": 0.8,
         "sure_topic_raises_by": dict.fromkeys(TIERS, 0.3)}


@pytest.fixture(scope="module")
def module(lean_rasa):
    from bot.nlu import red_flag_detector

    return red_flag_detector


def ids(flags) -> list[str]:
    return [flag.id for flag in flags]


@pytest.mark.parametrize(("rules", "tiers", "kinds", "topic", "expected"), [
    pytest.param([], {"none": 0.9, "urgent": 0.1}, {}, 0.0, [], id="nothing is likely"),
    pytest.param([], {"none": 0.4, "urgent": 0.6}, {}, 0.0, ["unnamed_urgent"], id="a tier, but no kind is likely"),
    pytest.param([], {"none": 0.4, "urgent": 0.6}, {"black_toe": 0.4, "stroke": 0.9}, 0.0, ["black_toe"],
                 id="the likeliest kind of the tier names it"),
    pytest.param([], {"none": 0.4, "urgent": 0.3, "emergency": 0.3}, {}, 0.0, ["unnamed_urgent"],
                 id="a higher tier's probability counts for the lower one"),
    pytest.param([], {"none": 0.2, "emergency": 0.3, "crisis": 0.5}, {}, 0.0, ["unnamed_crisis"], id="crisis stands apart"),
    pytest.param([], {"none": 0.4, "urgent": 0.6}, {}, 0.9, [], id="plainly an ordinary question"),
    pytest.param([], {"none": 0.1, "urgent": 0.9}, {}, 0.9, ["unnamed_urgent"], id="plain, yet surely a report"),
    pytest.param(["foot_ulcer"], {"none": 0.4, "urgent": 0.6}, {}, 0.9, ["foot_ulcer"],
                 id="a rule speaks, so that a plain question is not believed"),
    pytest.param(["foot_ulcer"], {"none": 0.9, "urgent": 0.1}, {}, 0.0, [], id="a rule that nothing else bears out"),
    pytest.param(["foot_ulcer"], {"none": 0.1, "emergency": 0.9}, {"sepsis": 0.2}, 0.0, ["sepsis", "foot_ulcer"],
                 id="higher than the rule says"),
    pytest.param(["stroke"], {"none": 0.4, "emergency": 0.6}, {"seizure": 0.9}, 0.0, ["stroke"],
                 id="a rule's own words, where it names the tier raised"),
])
def test_layers_combine(module, house, rules, tiers, kinds, topic: float, expected: list[str]) -> None:
    by_rule = [house.red_flags.flags[name] for name in rules]
    assert ids(module.combine(by_rule, tiers, kinds, topic, SURE, house.red_flags)) == expected


class BrokenHeads:
    def probabilities_and_kinds(self, *arguments):
        raise RuntimeError("a word of the visitor: verysecret")


def test_a_crash_of_the_trained_layer_leaves_the_rules(module, house, caplog: pytest.LogCaptureFixture) -> None:
    from rasa.shared.nlu.training_data.message import Message

    detector = module.RedFlagDetector(module.RedFlagDetector.get_default_config(), None, None, BrokenHeads())
    message = Message({"text": "my left arm went numb and my face droops, verysecret", "intent": {"name": "nerves_motor"}})
    with caplog.at_level(logging.ERROR):
        detector.process([message])
    assert "stroke" in message.get("red_flags") and message.get("intent")["name"] == "red_flag"
    assert message.get("asked_intent") == "nerves_motor"
    assert "RuntimeError" in caplog.text and "verysecret" not in caplog.text


def test_what_the_rules_say_is_evidence_by_tier(module, house) -> None:
    flags = [house.red_flags.flags[name] for name in ("stroke", "foot_ulcer")]
    assert module.tiers_told(flags).tolist() == [float(tier in ("urgent", "emergency")) for tier in TIERS]
    assert not module.tiers_told([]).any()


def test_examples_have_the_kind_of_their_file(module, tmp_path: Path) -> None:
    (tmp_path / "black_toe.txt").write_text("one\n\n two \n", encoding="utf-8")
    (tmp_path / "none_dreams.txt").write_text("three\n", encoding="utf-8")
    assert module.read_examples(tmp_path, {"black_toe"}) == (["one", "two", "three"], ["black_toe"] * 2 + ["none_dreams"])
    (tmp_path / "blak_toe.txt").write_text("four\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="blak_toe.txt"):
        module.read_examples(tmp_path, {"black_toe"})


def test_an_empty_folder_names_the_cure(module, tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="git"):
        module.read_examples(tmp_path, {"black_toe"})


# The heads that it is made of

def test_heads_learn_classes_and_kinds_and_are_read_back_the_same(lean_rasa, tmp_path: Path) -> None:
    from bot.nlu.heads import HeadSettings, TextHeads, train_heads

    chance = np.random.default_rng(3)
    centres = {"toe": [1, 0, 0, 0], "eye": [0, 1, 0, 0], "tea": [0, 0, 1, 0], "arm": [0, 0, 0, 1]}
    label_of = {"toe": "urgent", "eye": "urgent", "tea": "none", "arm": "emergency"}
    kinds = [kind for kind in centres for _ in range(30)]
    vectors = np.array([centres[kind] for kind in kinds]) + 0.1 * chance.standard_normal((120, 4))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    texts = [f"my {kind} number{n % 7}" for n, kind in enumerate(kinds)]
    evidence = np.array([[float(label_of[kind] == "urgent")] for kind in kinds])
    heads = train_heads(vectors, texts, [label_of[kind] for kind in kinds], HeadSettings(landmarks=40), kinds, evidence)
    heads.save(tmp_path)
    again = TextHeads.load(tmp_path)
    for one in (heads, again):
        probabilities, scores = one.probabilities_and_kinds(vectors[35], "my eye", np.array([1.0]))
        assert one.classes[int(probabilities.argmax())] == "urgent" and probabilities.sum() == pytest.approx(1)
        assert one.kinds[int(scores.argmax())] == "eye"
        assert one.classes[int(one.probabilities_and_kinds(vectors[70], "my tea", np.array([0.0]))[0].argmax())] == "none"


def test_a_kind_belongs_to_one_class(lean_rasa) -> None:
    from bot.nlu.heads import HeadSettings, train_heads

    with pytest.raises(ValueError, match="two labels"):
        train_heads(np.eye(4, dtype=np.float32), list("abcd"), ["x", "y", "x", "y"], HeadSettings(), ["k", "k", "l", "m"])


def test_a_phrase_under_two_intents_is_nobodys(lean_rasa) -> None:
    from bot.nlu.classifier import phrases_of_one_intent

    examples = [("what", "smalltalk_repeat"), ("and heat", "heat_therapy"), ("what", "source"), ("", "out_of_scope"),
                ("and heat", "heat_therapy")]
    assert phrases_of_one_intent(examples) == {"and heat": "heat_therapy"}

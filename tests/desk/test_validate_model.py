"""What a model finds odd in the phrases: on made-up vectors, so that none is loaded."""
from __future__ import annotations

import numpy as np
import pytest

from bot.desk.validate_model import closest, head_settings, held_out_probabilities, likely_mislabelled
from bot.nlu.heads import HeadSettings
from bot.settings import ROOT

SETTINGS = HeadSettings(dimensions=8, landmarks=40)


@pytest.fixture(scope="module")
def phrases() -> tuple[list[str], list[str], np.ndarray]:
    """(labels, texts, unit vectors) of three intents that differ in words and meaning; the 7th stands under the wrong one."""
    labels = ["heat"] * 40 + ["cost"] * 40 + ["bye"] * 40
    texts = [f"{words} {n}" for words in ("warm bath", "price per hour", "see you later") for n in range(40)]
    vectors = np.random.default_rng(1).normal(0, 0.3, (120, 8)) + np.repeat(np.eye(3, 8), 40, axis=0)
    texts[7], vectors[7] = texts[50] + " please", vectors[50] + 0.01
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return labels, texts, vectors.astype(np.float32)


def test_a_phrase_under_the_wrong_intent_is_found_by_heads_that_have_not_seen_it(phrases) -> None:
    labels, texts, vectors = phrases
    classes, likely = held_out_probabilities(labels, texts, vectors, SETTINGS)
    assert classes == ["bye", "cost", "heat"] and likely.shape == (120, 3)
    assert likely.sum(axis=1) == pytest.approx(np.ones(120), abs=1e-4)
    ((place, better, sure),) = likely_mislabelled(labels, classes, likely)
    assert (place, better) == (7, "cost") and sure >= 0.7


def test_only_what_the_model_is_as_sure_of_as_of_others_counts_clearest_first() -> None:
    labels, classes = ["a", "a", "a", "a", "b", "b"], ["a", "b"]
    likely = np.array([[0.9, 0.1], [0.9, 0.1], [0.04, 0.96], [0.03, 0.97], [0.05, 0.95], [0.05, 0.95]])
    assert [(place, better) for place, better, _ in likely_mislabelled(labels, classes, likely)] == [(3, "b"), (2, "b")]
    likely[2] = [0.1, 0.9]  # below the 0.95 that it has of what does stand under b
    assert [place for place, _, _ in likely_mislabelled(labels, classes, likely)] == [3]
    assert likely_mislabelled(labels, classes, likely, sure=0.99) == []


def test_the_closest_pairs_come_first_and_spellings_of_one_text_are_one() -> None:
    texts = ["warm bath", "warm bath", "warm shower", "price", "!"]
    angles = np.radians([0, 0, 10, 90, 0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = np.array(["heat", "heat", "heat", "cost", "cost"])
    assert closest(texts, vectors, lambda a, b: labels[a] == labels[b], 0.9) == [(0, 2, pytest.approx(np.cos(np.radians(10))))]
    assert closest(texts, vectors, lambda a, b: labels[a] != labels[b], 0.1) == [(2, 3, pytest.approx(np.cos(np.radians(80))))]
    assert closest(texts, vectors, lambda a, b: a < b, 0.0, shown=1)[0][:2] == (0, 2)


def test_the_heads_are_those_of_the_configuration(tmp_path) -> None:
    assert head_settings(ROOT / "config.yml") == HeadSettings()
    path = tmp_path / "config.yml"
    path.write_text("pipeline:\n- name: bot.nlu.classifier.TopicClassifier\n  landmarks: 7\n  part_sure: 0.3\n", "utf-8")
    assert head_settings(path) == HeadSettings(landmarks=7)

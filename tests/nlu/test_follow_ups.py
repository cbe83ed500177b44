"""What a message asks after the topic that was answered last: the model alone, over made-up vectors."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bot.labelled_messages import load_rows
from bot.nlu.follow_ups import LONGEST, FollowUpModel, Turn, conversations, train_follow_ups, turns_of

INTENTS = ("cause_sugar", "heat_therapy", "massage_safety", "out_of_scope")
WHY, HEAT, CUP = np.eye(3, dtype=np.float32)
LAST = ("cause_sugar", "heat_therapy", "massage_safety")


def alone(name: str | None) -> np.ndarray:
    """Probabilities of a message by itself that are sure of `name`, or of nothing."""
    sure = np.array([intent == name for intent in INTENTS], dtype=float)
    return 0.9 * sure + 0.025 if name else np.full(4, 0.25)


@pytest.fixture(scope="module")
def model() -> FollowUpModel:
    turns, vectors, by_itself = [], [], []
    for last in LAST:
        for text, vector, name, asked in (
            ("why", WHY, "out_of_scope", last), ("even then?", WHY, None, last), ("and heat?", HEAT, "heat_therapy", "heat_therapy"),
            ("who won it", CUP, "out_of_scope", "out_of_scope"),
        ):
            turns.append(Turn(text=text, last_topics=(last,), asked=asked))
            vectors.append(vector)
            by_itself.append(alone(name))
    return train_follow_ups(turns * 5, np.stack(vectors * 5), np.stack(by_itself * 5), INTENTS)


def asked(model: FollowUpModel, vector: np.ndarray, name: str | None, *last: str) -> str:
    turn = Turn(text="why", last_topics=last)
    (likely,) = model.probabilities([turn], vector[None, :], alone(name)[None, :], INTENTS)
    assert likely.sum() == pytest.approx(1.0)
    return INTENTS[int(likely.argmax())]


@pytest.mark.parametrize("last", LAST)
def test_words_that_ask_on_stay_with_the_topic_whatever_it_is(model: FollowUpModel, last: str) -> None:
    assert asked(model, WHY, "out_of_scope", last) == last


@pytest.mark.parametrize("last", LAST)
def test_words_that_name_something_else_lead_there(model: FollowUpModel, last: str) -> None:
    assert asked(model, HEAT, "heat_therapy", last) == "heat_therapy"
    assert asked(model, CUP, "out_of_scope", last) == "out_of_scope"


def test_of_two_topics_the_one_answered_last_is_asked_on(model: FollowUpModel) -> None:
    assert asked(model, WHY, None, "heat_therapy", "massage_safety") == "massage_safety"


def test_a_saved_model_reads_as_before(model: FollowUpModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = FollowUpModel.load(tmp_path)
    turn, vectors = Turn(text="why", last_topics=("heat_therapy",)), WHY[None, :]
    for name in (*INTENTS, None):
        one, other = (m.probabilities([turn], vectors, alone(name)[None, :], INTENTS) for m in (model, again))
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_label_that_is_no_intent_is_refused() -> None:
    with pytest.raises(ValueError):
        train_follow_ups([Turn(text="x", last_topics=("heat_therapy",), asked="heat")], WHY[None, :], alone(None)[None, :], INTENTS)


def test_turns_follow_an_answer_and_small_talk_does_not_end_it(tmp_path: Path) -> None:
    turns = [
        {"text": "hello", "topic": "smalltalk.greet"},
        {"text": "is heat good", "topic": "heat_therapy"},
        {"text": "ok", "topic": "smalltalk.ack"},
        {"text": "how hot", "tier": None},  # nobody said what it asks
        {"text": "why", "topic": "heat_therapy"},
        {"text": "and is massage safe and does it help", "topics": ["massage_safety", "massage_benefit"]},
        {"text": "the second", "topic": "massage_benefit"},
        {"text": " ".join(["word"] * (LONGEST + 1)), "topic": "massage_benefit"},
    ]
    path = tmp_path / "talk.jsonl"
    path.write_text(json.dumps({"id": "a", "turns": turns}), encoding="utf-8")
    assert turns_of(load_rows([path])) == [
        Turn(text="ok", last_topics=("heat_therapy",), asked="smalltalk_ack"),
        Turn(text="why", last_topics=("heat_therapy",), asked="heat_therapy"),
        Turn(text="the second", last_topics=("massage_safety", "massage_benefit"), asked="massage_benefit"),
    ]


def test_the_conversations_report_no_danger() -> None:
    rows = conversations()
    assert len(rows) > 300
    assert {message.tier for row in rows for message in row.messages} == {None}, "the detector learns from them that all is well"

"""Training and evaluation are kept apart, and so are the intents of data/."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.desk.phrases import read_phrases, training_phrases
from bot.desk.separation import copied, in_two_places, in_two_spellings, repeated
from bot.errors import DataFileError
from bot.labelled_messages import load_rows


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("nlu", "red_flags"):
        (tmp_path / "data" / folder).mkdir(parents=True)

    def nlu(intent: str, *examples: str) -> None:
        text = "".join(f"    - {example}\n" for example in examples)
        path = tmp_path / "data" / "nlu" / f"{intent}.yml"
        path.write_text(f'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n{text}', encoding="utf-8")

    nlu("heat_therapy", "warm bath?", "And: heat", "hot watter bottle")
    nlu("source", "who wrote it", "Warm  bath!", "hot water bottle", "who wrote it")
    (tmp_path / "data" / "red_flags" / "blood_thinner.txt").write_text("x\nHe is on thinners.\n", encoding="utf-8")
    return tmp_path / "data"


def shown(problems: list) -> list[str]:
    return [f"{problem.path.name}:{problem.line}: {problem.text}" for problem in problems]


def test_a_phrase_knows_its_line_and_what_it_is_compared_by(data: Path) -> None:
    bath, heat = training_phrases(data)[:2]
    assert (bath.place, bath.label, bath.text, bath.key) == ("nlu/heat_therapy.yml:5", "heat_therapy", "warm bath?", "warm bath")
    assert (heat.line, heat.key) == (6, "and heat")


def test_messages_that_stand_in_data_are_found(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "one.jsonl"
    turns = [{"text": "he is ON thinners", "tier": "caution"}, {"text": "and heat?", "topic": "heat_therapy"}]
    path.write_text(json.dumps({"id": "C1", "turns": turns}), encoding="utf-8")
    (found,) = copied(load_rows([path]), training_phrases(data))
    assert (found.path.name, found.line) == ("blood_thinner.txt", 2)
    assert "one.jsonl:1 (C1.1)" in found.text and "thinners" not in found.text
    # and not the dialogue's "and heat?", which is too short to have been copied


def test_phrases_trained_as_two_things_are_found(data: Path) -> None:
    assert shown(in_two_places(training_phrases(data), {}.get)) == [
        "source.yml:6: 'Warm  bath!' and nlu/heat_therapy.yml:5 (heat_therapy) differ at most in case or punctuation; "
        "keep the one whose answer fits"]


def test_phrases_of_two_intents_that_differ_in_spelling_are_found(data: Path) -> None:
    (found,) = shown(in_two_spellings(training_phrases(data), lambda text: text.replace("watter", "water")))
    assert found.startswith("source.yml:7: 'hot water bottle' and nlu/heat_therapy.yml:7 (heat_therapy) differ only in spelling;")


def test_a_phrase_that_stands_twice_letter_by_letter_is_found(data: Path) -> None:
    assert shown(repeated(training_phrases(data))) == ["source.yml:8: 'who wrote it' stands in line 5 already; take one out"]


@pytest.mark.parametrize(("first", "second", "disagree"), [
    ("none_chronic", "stroke", True), ("none_chronic", "none_negated", False), ("stroke", "sepsis", True),
])
def test_a_red_flag_is_not_trained_as_none(data: Path, first: str, second: str, disagree: bool) -> None:
    for name in (first, second):
        (data / "red_flags" / f"{name}.txt").write_text("who knows\n", encoding="utf-8")
    found = [line for line in shown(in_two_places(training_phrases(data), {"stroke": "emergency"}.get)) if "who knows" in line]
    assert bool(found) is disagree


@pytest.mark.parametrize(("name", "disagree"), [("none_topic", False), ("stroke", True)])
def test_an_intent_may_also_be_no_red_flag_but_not_a_red_flag(data: Path, name: str, disagree: bool) -> None:
    (data / "red_flags" / f"{name}.txt").write_text("Who wrote it?\n", encoding="utf-8")
    assert bool([p for p in in_two_places(training_phrases(data), {}.get) if p.path.stem == name]) is disagree


@pytest.mark.parametrize(("line", "problem"), [
    ("    - # a remark", "5: a remark, dash or slash"), ("    - - twice", "5: a remark, dash or slash"),
    ("    - /restart", "5: a remark, dash or slash"), ("    - [heat](cure)", "5: […](…) is read as an entity"),
    ("    no dash", "5: no phrase; a line is"), ("    - ", "5: no phrase; a line is"),
])
def test_a_line_that_is_no_phrase_is_told_and_the_others_are_read(data: Path, line: str, problem: str) -> None:
    path = data / "nlu" / "source.yml"
    path.write_text(f'version: "3.1"\nnlu:\n- intent: source\n  examples: |\n{line}\n    - who says so\n', encoding="utf-8")
    phrases, problems = read_phrases(data)
    assert [phrase.text for phrase in phrases if phrase.label == "source"] == ["who says so"]
    assert f"source.yml:{problem}" in shown(problems)[0] and len(problems) == 1
    with pytest.raises(DataFileError):
        training_phrases(data)

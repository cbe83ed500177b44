"""The files that people edit agree with each other: phrases, domain, rules, topics."""
from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from bot.content import INTENTS, SMALLTALK, TOPICS
from bot.settings import ROOT
from bot.text import compare_key
from bot.yaml_files import read_mapping

PHRASE_FILES = sorted((ROOT / "data" / "nlu").iterdir())
DOMAIN = read_mapping(ROOT / "domain.yml")
RULES = read_mapping(ROOT / "data" / "rules.yml")["rules"]
LEAST_PHRASES = 20
MARKED = re.compile(r"\[[^\]]*\]\s*[({]")  # Rasa's entity marks


def phrases_of(path: Path) -> list[str]:
    return [line[2:].strip() for line in read_mapping(path)["nlu"][0]["examples"].splitlines()]


PHRASES = {path.stem: phrases_of(path) for path in PHRASE_FILES}


def intents_of(step: dict) -> list[str]:
    return [step["intent"]] if "intent" in step else [inner["intent"] for inner in step.get("or", ())]


# Names

def test_phrase_files_domain_and_code_know_the_same_intents() -> None:
    domain = [name for name in DOMAIN["intents"] if name not in ("red_flag", "nlu_fallback")]
    assert sorted(PHRASES) == sorted(domain) == sorted(INTENTS)
    assert len(DOMAIN["intents"]) == len(set(DOMAIN["intents"]))
    assert {"red_flag", "nlu_fallback"} <= set(DOMAIN["intents"])


def test_topics_of_the_taxonomy_are_all_there() -> None:
    assert sorted(path.stem for path in (ROOT / "content" / "topics").iterdir()) == sorted(TOPICS)
    assert len(TOPICS) == 27 and len(SMALLTALK) == 9 and len(INTENTS) == len(set(INTENTS)) == 42


@pytest.mark.parametrize("intent", DOMAIN["intents"])
def test_intent_is_in_one_rule(intent: str) -> None:
    assert sum(intents_of(step).count(intent) for rule in RULES for step in rule["steps"]) == 1


def test_rule_leads_from_an_intent_to_one_action_of_the_domain() -> None:
    for rule in RULES:
        first, second = rule["steps"]
        assert intents_of(first) and list(second) == ["action"], rule["rule"]
        assert second["action"] in DOMAIN["actions"], rule["rule"]


@pytest.mark.parametrize(("intent", "action"), [
    *((name, "action_answer") for name in TOPICS), *((f"smalltalk_{name}", "action_smalltalk") for name in SMALLTALK),
    *((name, f"action_{name}") for name in INTENTS if name not in TOPICS and not name.startswith("smalltalk_")),
    ("red_flag", "action_escalate"), ("nlu_fallback", "action_clarify"),
])
def test_rule_of_an_intent_names_its_action(intent: str, action: str) -> None:
    (steps,) = [rule["steps"] for rule in RULES if intent in intents_of(rule["steps"][0])]
    assert steps[1]["action"] == action


def test_every_action_of_the_domain_is_used() -> None:
    assert sorted({rule["steps"][1]["action"] for rule in RULES}) == sorted(DOMAIN["actions"])


# Words

def test_domain_holds_no_words_for_visitors() -> None:
    assert not {"responses", "forms", "entities"} & set(DOMAIN)
    keys = {"version", "intents", "slots", "actions", "session_config"}
    assert set(DOMAIN) <= keys, "new parts of domain.yml: may visitors read them?"
    assert all(re.fullmatch(r"action_[a-z_]+", name) for name in DOMAIN["actions"])


def test_tiers_told_do_not_lapse_with_rasas_session() -> None:
    assert DOMAIN["session_config"] == {"session_expiration_time": 0, "carry_over_slots_to_new_session": True}


# Phrases

@pytest.mark.parametrize("path", PHRASE_FILES, ids=lambda path: path.stem)
def test_phrase_file_has_the_agreed_shape(path: Path) -> None:
    assert path.suffix == ".yml"
    file = read_mapping(path)
    assert set(file) == {"version", "nlu"} and file["version"] == "3.1"
    (entry,) = file["nlu"]
    assert set(entry) == {"intent", "examples"} and entry["intent"] == path.stem
    for line in entry["examples"].splitlines():
        assert line.startswith("- ") and line[2:].strip(), f"{path.name}: {line!r}"
        assert not line[2:].lstrip().startswith(("# ", "- ", "/")), f"{path.name}: {line!r}"
        assert not MARKED.search(line), f"{path.name}: {line!r} reads as an entity"


@pytest.mark.parametrize("intent", sorted(PHRASES))
def test_intent_has_phrases_enough_and_none_twice(intent: str) -> None:
    """Twins in case or punctuation may stand: people do type both."""
    phrases = PHRASES[intent]
    assert len(phrases) >= LEAST_PHRASES
    assert sorted({phrase for phrase in phrases if phrases.count(phrase) > 1}) == []


def test_no_phrase_belongs_to_two_intents() -> None:
    owners = defaultdict(set)
    for intent, phrases in PHRASES.items():
        for phrase in phrases:
            owners[compare_key(phrase)].add(intent)
    assert {key: sorted(names) for key, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("topic_id", TOPICS)
def test_question_that_a_suggestion_sends_is_a_phrase_of_its_topic(topic_id: str) -> None:
    ask = read_mapping(ROOT / "content" / "topics" / f"{topic_id}.yml")["ask"]
    assert ask in PHRASES[topic_id]


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "red_flags").iterdir()), ids=lambda path: path.stem)
def test_examples_of_a_red_flag_stand_in_a_file_of_its_name(path: Path, house) -> None:
    assert path.suffix == ".txt"
    assert path.stem.startswith("none_") or path.stem in house.red_flags.flags
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(line.strip() and not line.startswith(("# ", "- ")) for line in lines)
    assert len(set(lines)) == len(lines), "no example twice"


def test_no_red_flag_example_is_an_ordinary_phrase_or_belongs_to_two_tiers(house) -> None:
    tiers = defaultdict(set)
    for path in (ROOT / "data" / "red_flags").glob("*.txt"):
        tier = "none" if path.stem.startswith("none_") else house.red_flags.flags[path.stem].tier
        for line in path.read_text(encoding="utf-8").splitlines():
            tiers[compare_key(line)].add(tier)
    for phrases in PHRASES.values():
        for phrase in phrases:
            tiers[compare_key(phrase)].add("none")
    assert {key: sorted(names) for key, names in tiers.items() if len(names) > 1} == {}


def test_nothing_but_the_intent_decides_an_action_and_no_words_fill_a_slot() -> None:
    """What bot/rasa_agent.py leaves out on the strength of it: conditions of rules, and slots read from a message."""
    assert all(set(rule) == {"rule", "steps"} for rule in RULES)
    for name, slot in DOMAIN["slots"].items():
        assert slot["influence_conversation"] is False, name
        assert [mapping["type"] for mapping in slot["mappings"]] == ["custom"], name

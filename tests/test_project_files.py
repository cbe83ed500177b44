"""What Rasa reads besides phrases: domain and rules, as the rest of the house relies on them.

Whether phrases, domain, rules, content and evaluation agree is `make validate`'s: tests/desk/test_validate.py.
"""
from __future__ import annotations

import re

from bot.settings import ROOT
from bot.yaml_files import read_mapping

DOMAIN = read_mapping(ROOT / "domain.yml")
RULES = read_mapping(ROOT / "data" / "rules.yml")["rules"]


def test_every_action_of_the_domain_is_used() -> None:
    assert sorted({rule["steps"][1]["action"] for rule in RULES}) == sorted(DOMAIN["actions"])


def test_domain_holds_no_words_for_visitors() -> None:
    assert not {"responses", "forms", "entities"} & set(DOMAIN)
    keys = {"version", "intents", "slots", "actions", "session_config"}
    assert set(DOMAIN) <= keys, "new parts of domain.yml: may visitors read them?"
    assert all(re.fullmatch(r"action_[a-z_]+", name) for name in DOMAIN["actions"])


def test_tiers_told_do_not_lapse_with_rasas_session() -> None:
    assert DOMAIN["session_config"] == {"session_expiration_time": 0, "carry_over_slots_to_new_session": True}


def test_nothing_but_the_intent_decides_an_action_and_no_words_fill_a_slot() -> None:
    """What bot/rasa_agent.py leaves out on the strength of it: conditions of rules, and slots read from a message."""
    assert all(set(rule) == {"rule", "steps"} for rule in RULES)
    for name, slot in DOMAIN["slots"].items():
        assert slot["influence_conversation"] is False, name
        assert [mapping["type"] for mapping in slot["mappings"]] == ["custom"], name

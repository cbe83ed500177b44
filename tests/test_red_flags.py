"""The red flags, held to their own word: every wording raises its kind, no near miss raises anything, every text
that is told reads easily, calms, and names the help first. The rows come from content/red_flags itself.
"""
from __future__ import annotations

import re
from string import Formatter

import pytest

from bot.content import load_content
from bot.desk.wording import GRADE, grade, load_never_say
from bot.red_flag_rules import Kind, load_rule_book
from bot.red_flags import default_red_flags
from bot.reply import TIERS, tier_rank

BOOK = load_rule_book()
KINDS = {kind.flag.id: kind for kind in BOOK.kinds}
# The kinds of the medical reference sheet, parts B and C, by tier, and the unnamed one of each tier.
EXPECTED_KINDS = {
    "emergency": """stroke heart_attack breathing_trouble climbing_weakness cauda_equina bloodless_limb collapse seizure
        low_blood_sugar high_blood_sugar poisoning severe_allergy leg_clot_with_lung_signs sepsis racing_infection
        heavy_bleeding sudden_sight_loss major_injury compartment_syndrome over_sedation severe_burn pregnancy_danger
        meningitis_or_worst_headache chemo_fever danger_from_others unnamed_emergency""",
    "crisis": "suicidal_thoughts hopelessness self_harm someone_at_risk attempt_under_way unnamed_crisis",
    "urgent": """foot_ulcer foot_infection black_toe hot_swollen_foot leg_clot foot_drop worsening_over_days
        numb_foot_burn numb_foot_injury numbness_after_fall starved_foot bad_toenail hot_joint fresh_shingles
        nerve_medicine_problem toxin_numbness cancer_spine sugar_out_of_control new_swelling autonomic_trouble
        worse_after_massage clot_under_treatment unnamed_urgent""",
    "caution": """past_clot blood_thinner pregnancy cancer_treatment recent_surgery fracture_or_lump brittle_bones
        varicose_veins skin_infection fragile_skin heart_or_kidney_failure implanted_device no_feeling
        past_ulcer_or_amputation poor_circulation painful_touch child fever_or_contagious unstable_heart_or_pressure
        cannot_speak_up skin_products_and_sites heat_on_numb_feet unnamed_caution""",
}
# Named by no pattern on purpose: its words stand there so that the spelling repair leaves them alone.
ONLY_VOCABULARY = {"known_words"}
LEGAL_PLACEHOLDERS = {
    "emergency", "crisis", "poison", "clinic", "phone", "reach_crisis", "Reach_crisis", "poison_name", "er", "walk_in",
    "violence_help",
}
FILLED = {
    "emergency": "911", "crisis": "988", "poison": "1-800-222-1222", "violence": "1-800-799-7233",
    "clinic": "Riverside Foot Clinic", "phone": "(555) 010-0199", "reach_crisis": "call or text 988",
    "Reach_crisis": "Call or text 988", "poison_name": "Poison Control", "er": "the ER", "walk_in": "urgent care",
    "violence_help": "You can also call 1-800-799-7233 at any hour; it is free and private.",
}
NEVER_SAY = load_never_say()


def _rows(phrases_of: str) -> list:
    return [
        pytest.param(kind, phrase, id=f"{kind.flag.id}: {phrase}")
        for kind in BOOK.kinds for phrase in getattr(kind, phrases_of)
    ]


def _told(kind: Kind) -> dict[str, str]:
    flag = kind.flag
    return {"action": flag.action, "why": flag.why, "safety": flag.safety}


def _fill(text: str) -> str:
    return text.format(**FILLED)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?])\s+", text)


TOLD = [
    pytest.param(kind, part, text, id=f"{kind.flag.id}.{part}")
    for kind in BOOK.kinds for part, text in _told(kind).items()
]


@pytest.mark.parametrize(("kind", "wording"), _rows("wordings"))
def test_every_wording_raises_its_own_kind_and_at_least_its_tier(kind: Kind, wording: str) -> None:
    flags = default_red_flags().check(wording)
    assert kind.flag.id in [flag.id for flag in flags]
    assert tier_rank(flags[0].tier) >= tier_rank(kind.flag.tier)


@pytest.mark.parametrize(("kind", "near_miss"), _rows("near_misses"))
def test_no_near_miss_raises_anything(kind: Kind, near_miss: str) -> None:
    assert [(m.flag.id, m.pattern) for m in default_red_flags().matches(near_miss)] == []


@pytest.mark.parametrize(("message", "raised"), [
    # Two kinds could be meant: exactly what is reported counts, no more.
    ("on chemo, no fever, feet are numb", ["cancer_treatment"]),
    ("I'm on Eliquis, should I worry if I bruise easily?", ["blood_thinner"]),
    ("I am allergic to lavender, which oil do you use", ["skin_products_and_sites"]),
    ("what is good for a toe that turned black", ["black_toe"]),
])
def test_a_message_between_two_kinds_raises_the_one_that_it_reports(message: str, raised: list[str]) -> None:
    assert [flag.id for flag in default_red_flags().check(message)] == raised


@pytest.mark.parametrize("tier", TIERS)
def test_every_kind_of_the_medical_reference_is_there_in_its_tier(tier: str) -> None:
    assert {flag_id for flag_id, kind in KINDS.items() if kind.flag.tier == tier} >= set(EXPECTED_KINDS[tier].split())


@pytest.mark.parametrize("kind", BOOK.kinds, ids=list(KINDS))
def test_a_kind_with_patterns_is_held_by_wordings_and_near_misses(kind: Kind) -> None:
    if kind.flag.id.startswith("unnamed_"):  # told where the detector alone raises a tier
        assert not kind.patterns
    else:
        assert kind.patterns and len(kind.wordings) >= 8 and len(kind.near_misses) >= 4


def test_no_phrase_is_both_a_wording_and_a_near_miss() -> None:
    wordings = {wording for kind in BOOK.kinds for wording in kind.wordings}
    assert not wordings & {near_miss for kind in BOOK.kinds for near_miss in kind.near_misses}


def test_every_finding_is_used_by_a_pattern() -> None:
    used = {name for kind in BOOK.kinds for pattern in kind.patterns for name in (*pattern.names, *pattern.absent)}
    assert set(BOOK.findings) - used == ONLY_VOCABULARY


def test_a_context_phrase_has_one_meaning_and_one_direction() -> None:
    """Two rules for the same words: medspaCy takes either, and a denial or a film comes and goes with the order."""
    meanings: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for rule in BOOK.context:
        words = tuple(default_red_flags().reader.words(rule.phrase))
        meanings.setdefault(words, set()).add((rule.category, rule.direction))
    assert {words: found for words, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize(("kind", "part", "text"), TOLD)
def test_what_is_told_reads_at_grade_8_or_below(kind: Kind, part: str, text: str) -> None:
    assert grade(_fill(text)) <= GRADE


@pytest.mark.parametrize(("kind", "part", "text"), TOLD)
def test_what_is_told_says_nothing_of_what_must_never_be_said(kind: Kind, part: str, text: str) -> None:
    assert NEVER_SAY.said_by_red_flag(_fill(text)) == []


@pytest.mark.parametrize(("kind", "part", "text"), TOLD)
def test_what_is_told_has_only_placeholders_that_a_clinic_can_fill(kind: Kind, part: str, text: str) -> None:
    fields = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    assert fields <= LEGAL_PLACEHOLDERS
    assert not re.search(r"\b(?:911|988|999|112)\b", text), "numbers differ by region: write a placeholder"


@pytest.mark.parametrize("kind", [k for k in BOOK.kinds if k.flag.tier == "emergency"], ids=lambda k: k.flag.id)
def test_an_emergency_is_told_to_call_first(kind: Kind) -> None:
    assert kind.flag.action.startswith("Call ")
    assert "{emergency}" in " ".join(_sentences(kind.flag.action)[:1])
    assert "emergency" in kind.flag.help_lines


@pytest.mark.parametrize("kind", [k for k in BOOK.kinds if k.flag.tier == "crisis"], ids=lambda k: k.flag.id)
def test_a_crisis_is_told_the_crisis_line_within_two_sentences(kind: Kind) -> None:
    assert "each_crisis}" in " ".join(_sentences(kind.flag.action)[:2])
    assert not kind.flag.action.startswith("Call"), "warm words come before the number"
    assert {"crisis", "emergency"} <= set(kind.flag.help_lines)


@pytest.mark.parametrize("kind", [k for k in BOOK.kinds if k.flag.tier == "urgent"], ids=lambda k: k.flag.id)
def test_an_urgent_sign_is_to_be_seen_today_with_a_way_if_the_office_is_shut(kind: Kind) -> None:
    assert re.search(r"\btoday\b|\bnow\b|\bstraight away\b", kind.flag.action)
    assert re.search(r"\{walk_in\}|\{er\}|\{emergency\}", kind.flag.action)


@pytest.mark.parametrize("kind", [k for k in BOOK.kinds if k.flag.tier == "caution"], ids=lambda k: k.flag.id)
def test_a_caution_asks_for_a_clinicians_word_before_a_massage(kind: Kind) -> None:
    assert re.search(r"doctor|clinic|nurse|midwife|team", kind.flag.action)


@pytest.mark.parametrize("kind", BOOK.kinds, ids=list(KINDS))
def test_help_lines_exist_in_every_region(kind: Kind) -> None:
    for region in load_content().help_lines.values():
        # Where there is no line for violence, the words name the police.
        assert set(kind.flag.help_lines) <= {*region.lines, "violence"}


@pytest.mark.parametrize("kind", BOOK.kinds, ids=list(KINDS))
def test_a_number_that_is_told_has_its_button(kind: Kind) -> None:
    """What the first line asks people to call stands as a link below it."""
    named = {name for _, name, _, _ in Formatter().parse(kind.flag.action) if name in ("emergency", "crisis", "violence", "poison")}
    assert named <= set(kind.flag.help_lines)

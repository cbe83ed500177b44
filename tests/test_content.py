"""The loader of content/ refuses what no one reads, and says file, line, key and cure."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.content import TOPICS, load_content
from bot.errors import DataFileError
from bot.settings import ROOT

TOPIC = """\
title: Is it safe?
ask: Is massage safe?
short: For many.
detail: Not for all.
claims:
  - section: is_massage_safe
    says: It is.
    standing: partly
    wording: It may be.
sources:
  - name: A body
    url: https://example.org
    for: low risk for many
caveat: Ask your doctor.
precautions: [massage]
related: [massage_benefit]
review: {by: null, "on": 2026-01-31}
"""
HEAT = TOPIC.replace("[massage]", "[heat]")
TOPIC_KEYS = "title, ask, short, detail, claims, sources, caveat, precautions, related, review"
TOPIC_IDS = ", ".join(TOPICS)
SECTIONS = ("introduction, what_is_neuropathy, benefits, well_researched, proven_success, is_massage_safe, "
            "quick_results, preventative_benefits, causes, common_causes")
NOT_A_TEXT = "must be a text that is not empty (quote it if it looks like a number or yes/no)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of content/ in which two topics are known line by line."""
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder, ignore=shutil.ignore_patterns("findings", "red_flags*"))
    (folder / "topics" / "massage_safety.yml").write_text(TOPIC, encoding="utf-8")
    (folder / "topics" / "heat_therapy.yml").write_text(HEAT, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(DataFileError) as raised:
        load_content(folder)
    return str(raised.value)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}: mend this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_topic_is_read_whole(folder: Path) -> None:
    topic = load_content(folder).topics["massage_safety"]
    assert (topic.id, topic.title, topic.ask) == ("massage_safety", "Is it safe?", "Is massage safe?")
    assert (topic.short, topic.detail, topic.caveat) == ("For many.", "Not for all.", "Ask your doctor.")
    assert [(c.section, c.standing, c.wording) for c in topic.claims] == [("is_massage_safe", "partly", "It may be.")]
    assert [(s.name, s.url, s.supports) for s in topic.sources] == [
        ("A body", "https://example.org", "low risk for many")]
    assert (topic.precautions, topic.related) == (("massage",), ("massage_benefit",))
    assert (topic.reviewed_by, topic.reviewed_on) == (None, "2026-01-31")


@pytest.mark.parametrize(("old", "new", "where", "problem"), [
    # unknown and missing keys, at the top and within
    ("caveat: Ask", "footer: x\ncaveat: Ask", ":14", f"footer: unknown key; the keys here are: {TOPIC_KEYS}"),
    ("caveat: Ask your doctor.\n", "", "", f"caveat is missing; the keys here are: {TOPIC_KEYS}"),
    ("    standing: partly\n", "", "",
     "claims[1].standing is missing; the keys here are: section, says, standing, wording"),
    ("    for: low", "    supports: low", ":13", "sources[1].supports: unknown key; the keys here are: name, url, for"),
    ("{by: null,", "{who: me, by: null,", ":17", "review.who: unknown key; the keys here are: by, on"),
    # values
    ("section: is_massage_safe", "section: is_massage_sage", ":6",
     f"claims[1].section: 'is_massage_sage' is none of: {SECTIONS}"),
    ("standing: partly", "standing: maybe", ":8",
     "claims[1].standing: 'maybe' is none of: supported, partly, unsupported, wrong"),
    ("https://example.org", "http://example.org", ":12", "sources[1].url: must start with https://, or be null"),
    ("precautions: [massage]", "precautions: []", ":15",
     "precautions: every massage answer carries the massage precaution"),
    ("precautions: [massage]", "precautions: [massage, ice]", ":15", "precautions: 'ice' is none of: massage, heat"),
    ("related: [massage_benefit]", "related: [massage_benefits]", ":16",
     f"related: 'massage_benefits' is none of: {TOPIC_IDS}"),
    ("related: [massage_benefit]", "related: massage_benefit", ":16",
     "related: must be a list of texts; quote an item that YAML reads otherwise"),
    ("2026-01-31", "soon", ":17", "review.on: must be a date such as 2026-01-31, or null"),
    ("review: {by: null, \"on\": 2026-01-31}", "review: null", ":17", "review: must be a mapping (key: value)"),
    ("short: For many.", "short: ", ":3", f"short: {NOT_A_TEXT}"),
    ("short: For many.", "short: true", ":3", f"short: {NOT_A_TEXT}"),
    ("detail: Not for all.", "detail: 12", ":4", f"detail: {NOT_A_TEXT}"),
    ("caveat: Ask your doctor.", 'caveat: " "', ":14", f"caveat: {NOT_A_TEXT}"),
])
def test_a_broken_topic_is_refused(folder: Path, old: str, new: str, where: str, problem: str) -> None:
    path = folder / "topics" / "massage_safety.yml"
    edit(path, old, new)
    assert refusal(folder) == f"{path}{where}: {problem}"


def test_an_answer_without_a_claim_of_the_article_is_refused(folder: Path) -> None:
    path = folder / "topics" / "massage_safety.yml"
    text = TOPIC[:TOPIC.index("claims:")] + "claims: []\n" + TOPIC[TOPIC.index("sources:"):]
    path.write_text(text, encoding="utf-8")
    assert refusal(folder) == (
        f"{path}:5: claims: needs at least one claim of the article; an answer without one has no footnote")


def test_the_heat_answer_without_its_burn_warning_is_refused(folder: Path) -> None:
    path = folder / "topics" / "heat_therapy.yml"
    edit(path, "[heat]", "[]")
    assert refusal(folder) == f"{path}:15: precautions: the heat answer carries the burn warning"


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_without_its_answer_is_refused(folder: Path, name: str) -> None:
    path = folder / "topics" / f"{name}.yml"
    path.unlink()
    assert refusal(folder) == f"{path}: no such file; every topic needs its answer"


def test_an_answer_to_no_topic_is_refused(folder: Path) -> None:
    path = folder / "topics" / "astrology.yml"
    path.write_text(TOPIC, encoding="utf-8")
    assert refusal(folder) == f"{path}: no topic of this name in bot/intents.py TOPICS"


@pytest.mark.parametrize("name", ["article.yml", "voice.yml", "help_lines.yml", "emergency_signs.yml"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder) == f"{folder / name}: no such file; restore it from git"


VOICE_KEYS = ("caveats, precautions, standing, holding, smalltalk, links, refusal_suggest, hours, standing_lifted, more, after_greeting, "
              "handoff, switched_off, own_words, source, privacy, privacy_inbox, decline, not_covered, out_of_scope, clarify, unavailable")


@pytest.mark.parametrize(("name", "old", "new", "problem"), [
    ("voice.yml", "clarify:", "clarity: x\nclarify:", f"clarity: unknown key; the keys here are: {VOICE_KEYS}"),
    ("voice.yml", "clarify:", "#", f"clarify is missing; the keys here are: {VOICE_KEYS}"),
    ("voice.yml", "  massage:", "  masage:", "precautions.masage: unknown key; the keys here are: massage, heat"),
    ("voice.yml", "  urgent:", "  soon:",
     "standing.soon: unknown key; the keys here are: caution, urgent, emergency, crisis"),
    ("voice.yml", "refusal_suggest: [", "refusal_suggest: [x, ", f"refusal_suggest: 'x' is none of: {TOPIC_IDS}"),
    ("voice.yml", "suggest: [neuropathy_definition", "suggest: [x", f"smalltalk.greet.suggest: 'x' is none of: {TOPIC_IDS}"),
    ("voice.yml", "  weekdays: [Monday, ", "  weekdays: [", "hours.weekdays: must have 7 names, in order"),
    ("voice.yml", "  open_until:", "  open_till:", "hours.open_till: unknown key; the keys here are: weekdays, months, unknown, "
     "days, pair, every_day, times, on_days, all_day, am, pm, noon, midnight, today, tomorrow, this_week, later, open, "
     "open_until, opens, closed, next_close, next_open"),
    ("emergency_signs.yml", "signs:", "sings:", "sings: unknown key; the keys here are: heading, signs, crisis"),
    ("help_lines.yml", "  emergency: {number", "  police: {number",
     "us.police: unknown key; the keys here are: name, emergency, crisis, words, poison, violence, elsewhere"),
    ("help_lines.yml", "href: \"tel:911\"", "url: \"tel:911\"",
     "us.emergency.url: unknown key; the keys here are: number, href, text"),
    ("help_lines.yml", "tel:911", "911", "us.emergency.href: must start with tel:"),
    ("help_lines.yml", "sms:988", "tel:988", "us.crisis.text: must start with sms:"),
    ("article.yml", "title: Does", "author: x\ntitle: Does", "author: unknown key; the keys here are: title, url, sections"),
    ("article.yml", "url: null", "url: http://example.org", "url: must start with https://, or be null"),
    ("article.yml", "    title: Introduction", "    title: Introduction\n    page: 1",
     "sections.introduction.page: unknown key; the keys here are: title"),
])
def test_broken_words_around_the_answers_are_refused(folder: Path, name: str, old: str, new: str, problem: str) -> None:
    edit(folder / name, old, new)
    where, _, said = refusal(folder).partition(": ")
    assert where.partition(":")[0] == str(folder / name) and said == problem


def test_a_key_that_stands_in_many_places_is_found_where_it_is_wrong(folder: Path) -> None:
    path = folder / "topics" / "massage_safety.yml"
    again = "sources:\n  - name: Another\n    url: null\n    for: more\n"
    edit(path, "sources:\n", again)
    edit(path, "url: https://example.org", "url: http://example.org")
    assert refusal(folder) == f"{path}:15: sources[2].url: must start with https://, or be null"


@pytest.mark.parametrize(("content", "problem"), [
    (b"caf\xe9: x", "not UTF-8 at byte 3; save it as UTF-8"),
    (b"- a\n- b\n", "must hold a mapping (key: value) at the top"),
    (b"", "must hold a mapping (key: value) at the top"),
])
def test_a_file_of_another_form_is_refused(folder: Path, content: bytes, problem: str) -> None:
    path = folder / "voice.yml"
    path.write_bytes(content)
    assert refusal(folder) == f"{path}: {problem}"


@pytest.mark.parametrize(("text", "line"), [("a: 1\nb: [\n", 3), ("a: 1\na: 2\n", 2), ("a: 'x\n", 2)])
def test_broken_yaml_is_refused_with_its_line(folder: Path, text: str, line: int) -> None:
    path = folder / "voice.yml"
    path.write_text(text, encoding="utf-8")
    assert refusal(folder).startswith(f"{path}:{line}: not valid YAML: ")

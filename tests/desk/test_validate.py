"""`make validate` finds each kind of mistake, says where it is and what to do, and is quick."""
from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import command_line
from bot.desk.problems import Problem, in_order
from bot.desk.validate import report, validate
from bot.settings import ROOT

TODAY = dt.date(2026, 6, 1)
CPU_SECONDS = 5.0
HEAT, SUGAR = "data/nlu/heat_therapy.yml", "data/nlu/cause_sugar.yml"
TOPIC = "content/topics/heat_therapy.yml"


def errors(root: Path, cache: Path | None) -> list[str]:
    return [problem.shown(root) for problem in validate(root, today=TODAY, cache=cache) if not problem.is_warning]


def lines_of(root: Path, name: str) -> list[str]:
    return (root / name).read_text(encoding="utf-8").splitlines()


def test_the_checkout_is_well(cache: Path) -> None:
    # Reviews run out by themselves; `make validate` tells the maintainer, and no commit is to blame.
    assert [line for line in errors(ROOT, cache) if ": review" not in line] == []


def test_the_small_checkout_is_well_before_it_is_broken(checkout: Path, cache: Path) -> None:
    assert errors(checkout, cache) == []


# One file edited: (file, old, new, the one line that is told)

@pytest.mark.parametrize(("name", "old", "new", "told"), [
    # form
    ("domain.yml", "intents:", "intents: [", "domain.yml:5: not valid YAML: "),
    ("domain.yml", "- heat_therapy\n", "- heat_therapy\n- heat_therapy\n", "domain.yml:4: intents: heat_therapy stands twice; take one out"),
    ("domain.yml", "- heat_therapy\n", "", "domain.yml:4: intents: heat_therapy is missing; add it"),
    ("domain.yml", "- heat_therapy\n", "- heat_therapy\n- astrology\n", "domain.yml:4: intents: astrology is none of bot/intents.py; "),
    ("domain.yml", "actions:\n", "actions: 5\nothers:\n", "domain.yml:83: actions: action_answer is missing; add it"),
    ("data/rules.yml", "rules:\n", "rules: 5\nothers:\n", "data/rules.yml:3: source is in no rule; add it to the rule with action_source"),
    ("domain.yml", "- action_source\n", "", "domain.yml:"),
    ("data/rules.yml", "    - intent: heat_therapy\n", "", "data/rules.yml:3: heat_therapy is in no rule; add it to the rule with action_answer"),
    ("data/rules.yml", "  - intent: source\n", "  - intent: heat_therapy\n", "data/rules.yml:3: source is in no rule"),
    ("data/rules.yml", "  - action: action_source", "  - action: action_privacy", "data/rules.yml:3: source leads to action_privacy; it must lead to action_source, once"),
    ("data/rules.yml", "  - action: action_source", "", "data/rules.yml:3: a rule is one step of intents and one action; mend "),
    # phrase files
    (HEAT, "intent: heat_therapy", "intent: heat", HEAT + ":3: nlu[1].intent: must be heat_therapy, as the file is called"),
    (HEAT, "  examples: |", "  lookup: x\n  examples: |", HEAT + ":4: nlu[1].lookup: unknown key; the keys here are: intent, examples"),
    (HEAT, 'version: "3.1"', "version: 3.1", HEAT + ":1: version: must be \"3.1\", in quotes"),
    # content
    (TOPIC, "related: [home_remedies", "related: [heat_and_cold", TOPIC + ":29: related: 'heat_and_cold' is none of: "),
    (TOPIC, "related: [home_remedies, nerves_sensory, treatment_overview]", "related: []", TOPIC + ":29: related: must name 1 to 3 other topics"),
    (TOPIC, "related: [home_remedies", "related: [heat_therapy", TOPIC + ":29: related: must name 1 to 3 other topics"),
    (TOPIC, "Bath water should be warm", "Heat cures numbness. Bath water should be warm", TOPIC + ":6: detail: never said is 'cures'; "),
    (TOPIC, "Bath water should be warm", "A preventative bath should be warm", TOPIC + ":6: detail: 'preventative' is a slip of the article"),
    (TOPIC, "wording: The article only names heat", "wording: Heat is proven. It only names heat", TOPIC + ":"),
    (TOPIC, "caveat: Ask your doctor before you use heat on your feet.",
     "caveat: Notwithstanding individual circumstances, consultation with appropriately qualified practitioners remains advisable.",
     TOPIC + ":27: caveat: reads at grade "),
    (TOPIC, 'review: {by: null, "on": null}', 'review: {by: null, "on": 2026-05-01}', TOPIC + ":30: review: needs both"),
    (TOPIC, 'review: {by: null, "on": null}', 'review: {by: A. Nurse, "on": 2025-05-01}', TOPIC + ":30: review: ran out on 2026-05-01; "),
    (TOPIC, 'review: {by: null, "on": null}', 'review: {by: A. Nurse, "on": 2026-07-01}', TOPIC + ":30: review.on: 2026-07-01 is yet to come"),
    ("content/voice.yml", "privacy: ", "privacy: Whatever. It will help you. ", "content/voice.yml:"),
    ("content/never_say.yml", "- 'proven'", "- 'prov(en'", "content/never_say.yml:6: claims: 'prov(en' is no regular expression"),
    ("content/help_lines.yml", 'tel:911"', '911"', "content/help_lines.yml:"),
    # clinics, evaluation
    ("clinics/harbour.yml", "region:", "regoin: uk\nregion:", "clinics/harbour.yml:"),
    ("evaluation/messages/farmer_and_nurse.jsonl", '"topic":"neuropathy_definition"', '"topic":"neuropathy"',
     "evaluation/messages/farmer_and_nurse.jsonl:1: topic: 'neuropathy' is none of: "),
], ids=lambda value: None)
def test_a_mistake_is_told_with_its_place_and_the_cure(
    checkout: Path, cache: Path, edit: Callable, name: str, old: str, new: str, told: str
) -> None:
    edit(checkout / name, old, new)
    found = errors(checkout, cache)
    assert [line for line in found if line.startswith(told)], found
    assert all("\n" not in line for line in found)


# Red flags: the words are read anew

@pytest.mark.parametrize(("old", "new", "told"), [
    ("tier: urgent", "tier: soon", "1: tier: 'soon' is none of: "),
    ("  - foot_flop & foot_or_leg + recently", "  - foot_flip & foot_or_leg + recently", "9: patterns: 'foot_flip & foot_or_leg"),
    ("{walk_in}", "{day}", "4: tell.action: 'day' cannot be filled"),
    ("{walk_in}", "{walkin}", "4: tell.action: 'walkin' cannot be filled"),
    ("Please be checked today.", "You probably have a pressed nerve.", "4: tell.action: never said is 'You probably have a '"),
    ("help_lines: []", "help_lines: [coastguard]", "7: help_lines: 'coastguard' is none of "),
    ("  - is foot drop a kind of neuropathy?\n  - foot drop? no, I can lift it fine\n  - what are motor nerves?\n", "",
     "33: near_misses: 3 are too few to hold the patterns; write 1 more"),
])
def test_a_mistake_in_a_red_flag_is_told(checkout: Path, edit: Callable, old: str, new: str, told: str) -> None:
    edit(checkout / "content/red_flags/foot_drop.yml", old, new)
    found = errors(checkout, None)
    assert [line for line in found if line.startswith(f"content/red_flags/foot_drop.yml:{told}")], found


# Files added, emptied and taken away

def test_a_missing_file_is_told(checkout: Path, cache: Path) -> None:
    for name in (HEAT, "content/topics/cause_sugar.yml", "clinics/demo.yml", "data/red_flags/stroke.txt"):
        (checkout / name).unlink()
    found = errors(checkout, cache)
    assert f"{HEAT}: no such file; every intent needs its phrases" in found
    assert "content/topics/cause_sugar.yml: no such file; every topic needs its answer" in found
    assert "data/red_flags/stroke.txt: 0 messages are too few to learn stroke from; have people write 40 more" in found


def test_the_clinic_of_last_resort_is_needed(checkout: Path, cache: Path) -> None:
    (checkout / "clinics/demo.yml").unlink()
    assert errors(checkout, cache) == ["clinics/demo.yml: no such file; it is the clinic of last resort, restore it from git"]


def test_files_that_nobody_knows_are_told(checkout: Path, cache: Path, write: Callable) -> None:
    write(checkout / "data/nlu/astrology.yml", 'version: "3.1"\nnlu:\n- intent: astrology\n  examples: |\n    - my stars\n')
    write(checkout / "data/nlu/notes.txt", "x\n")
    write(checkout / "data/red_flags/moonburn.txt", "the moon burns\n")
    found = errors(checkout, cache)
    assert "data/nlu/astrology.yml: no intent of this name; add it to bot/intents.py, or take the file away" in found
    assert "data/nlu/notes.txt: no file of phrases; call it notes.yml, or move it out of data/nlu" in found
    assert [line for line in found if line.startswith("data/red_flags/moonburn.txt: no red flag of this name; add ")]


# Phrases

def add(root: Path, name: str, phrase: str, write: Callable) -> str:
    """Adds a phrase; its place."""
    lines = [*lines_of(root, name), phrase if name.endswith(".txt") else f"    - {phrase}"]
    write(root / name, "\n".join(lines) + "\n")
    return f"{name}:{len(lines)}"


def test_a_phrase_of_another_intent_is_told_whatever_its_case_punctuation_or_spelling(
    checkout: Path, cache: Path, write: Callable
) -> None:
    add(checkout, HEAT, "would a heating pad harm my neuropathy", write)
    other = add(checkout, SUGAR, "Would a heating pad harm my NEUROPATHY?!", write)
    add(checkout, HEAT, "r hot baths ok with neuropathy", write)
    spelt = add(checkout, "data/nlu/source.yml", "are hot baths ok with nueropathy", write)
    found = errors(checkout, cache)
    assert [line for line in found if other.removeprefix("data/") in line and "differ at most in case or punctuation; keep" in line], found
    assert [line for line in found if line.startswith(spelt) and "differ only in spelling; keep the one" in line], found


def test_a_repeated_phrase_is_told_and_a_twin_in_case_is_not(checkout: Path, cache: Path, write: Callable) -> None:
    first = lines_of(checkout, HEAT)[4].removeprefix("    - ")
    place = add(checkout, HEAT, first, write)
    add(checkout, HEAT, first.swapcase(), write)
    assert errors(checkout, cache) == [f"{place}: {first!r} stands in line 5 already; take one out"]


def test_a_message_of_the_evaluation_is_told_without_its_words(checkout: Path, cache: Path, write: Callable) -> None:
    row = json.loads(lines_of(checkout, "evaluation/messages/farmer_and_nurse.jsonl")[0])
    place = add(checkout, "data/nlu/neuropathy_definition.yml", row["text"].upper(), write)
    (told,) = errors(checkout, cache)
    assert told == (f"{place}: stands in evaluation/messages/farmer_and_nurse.jsonl:1 ({row['id']}), too; take it out here: "
                    "what is trained on cannot be measured on")


def test_a_message_that_is_a_red_flag_and_none_is_told(checkout: Path, cache: Path, write: Callable) -> None:
    flagged = lines_of(checkout, "data/red_flags/stroke.txt")[0]
    place = add(checkout, "data/red_flags/none_worn_out.txt", flagged, write)
    found = errors(checkout, cache)
    assert [line for line in found if "differ at most in case" in line and ("stroke" in line or line.startswith(place))], found


@pytest.mark.parametrize(("name", "fewer", "told"), [
    (HEAT, 70, "heat_therapy from; have people write"), ("data/nlu/source.yml", 30, "source from; have people write 10 more"),
    ("data/nlu/not_covered.yml", 190, "not_covered from; have people write 10 more"),
    ("data/nlu/out_of_scope.yml", 299, "out_of_scope from; have people write 1 more"),
])
def test_too_few_phrases_are_told(checkout: Path, cache: Path, write: Callable, name: str, fewer: int, told: str) -> None:
    write(checkout / name, "\n".join(lines_of(checkout, name)[:4 + fewer]) + "\n")
    assert [line for line in errors(checkout, cache) if line.startswith(f"{name}: {fewer} phrases are too few") and told in line]


@pytest.mark.parametrize(("phrases", "told"), [
    ([f"can heat {'really ' * (n % 7)}do thing {n}" for n in range(90)], "90 of 91 phrases begin with 'can heat'"),
    ([f"w{n} a{n} b c" for n in range(90)], "90 of 91 phrases are 4 words long"),
])
def test_one_sided_phrases_are_told(checkout: Path, cache: Path, write: Callable, phrases: list[str], told: str) -> None:
    ask = "Does heat, such as a heating pad or warm bath, help neuropathy?"
    text = "\n".join(f"    - {phrase}" for phrase in [*phrases, ask])
    write(checkout / HEAT, f'version: "3.1"\nnlu:\n- intent: heat_therapy\n  examples: |\n{text}\n')
    assert [line for line in errors(checkout, cache) if line.startswith(f"{HEAT}:5: {told}; have others write")]


def test_the_question_of_a_suggestion_must_be_a_phrase(checkout: Path, cache: Path, edit: Callable) -> None:
    edit(checkout / TOPIC, "ask: Does heat", "ask: Would heat")
    assert errors(checkout, cache) == [
        f"{HEAT}: the question that a suggestion sends is no phrase here; add a line: - Would heat, such as a heating pad or "
        "warm bath, help neuropathy?"]


def test_a_topic_that_no_message_of_the_evaluation_asks_is_told(checkout: Path, cache: Path, write: Callable) -> None:
    for path in (checkout / "evaluation/messages").glob("*.jsonl"):
        write(path, "\n".join(line for line in path.read_text("utf-8").splitlines() if "cause_genetics" not in line) + "\n")
    (told,) = errors(checkout, cache)
    assert told.startswith("evaluation/messages: no message asks cause_genetics; have somebody who has not seen")


def test_a_topic_with_a_precaution_must_be_known_to_invite_to_touch(checkout: Path, cache: Path, edit: Callable) -> None:
    edit(checkout / "content/topics/cause_sugar.yml", "precautions: []", "precautions: [heat]")
    (told,) = errors(checkout, cache)
    assert told.startswith("content/topics/cause_sugar.yml:39: has precautions, but") and "HANDS_ON_TOPICS" in told


def test_an_answer_that_was_edited_after_its_review_is_told(checkout: Path, cache: Path, edit: Callable) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=checkout, check=True,
                       capture_output=True)

    git("init", "-q")
    edit(checkout / TOPIC, 'review: {by: null, "on": null}', 'review: {by: A. Nurse, "on": 2026-05-01}')
    git("add", TOPIC)
    git("commit", "-q", "-m", "reviewed")
    edit(checkout / TOPIC, "related: [home_remedies, ", "related: [")
    assert errors(checkout, cache) == [], "where an answer leads on to is not what a clinician signs"
    edit(checkout / TOPIC, "Test it with your elbow", "Test it with a thermometer")
    (told,) = errors(checkout, cache)
    assert told.startswith(f"{TOPIC}:30: review: detail changed after it; have a clinician read the answer again")


# What is printed

def test_every_problem_is_told_at_once_errors_first(checkout: Path, cache: Path, edit: Callable) -> None:
    edit(checkout / "domain.yml", "- heat_therapy\n", "")
    edit(checkout / TOPIC, "related: [home_remedies", "related: [nowhere")
    edit(checkout / "clinics/harbour.yml", "region:", "regoin: uk\nregion:")
    (checkout / SUGAR).unlink()
    problems = validate(checkout, today=TODAY, cache=cache)
    lines, well = report(problems, checkout)
    assert not well and lines[-1] == f"Not OK: {len(lines) - 2} errors, 1 warnings"
    for name in ("domain.yml:4: ", f"{TOPIC}:29: ", "clinics/harbour.yml:", f"{SUGAR}: "):
        assert [line for line in lines if line.startswith(name)], name
    assert lines[-2].startswith("content/topics: warning: ")


def test_warnings_alone_are_well() -> None:
    warning = Problem(path=ROOT / "a.yml", line=3, text="odd", is_warning=True)
    assert report([warning], ROOT) == (["a.yml:3: warning: odd", "OK: 0 errors, 1 warnings"], True)
    error = Problem(path=ROOT / "b.yml", text="wrong; mend it")
    assert report(in_order([warning, error, error]), ROOT) == (
        ["b.yml: wrong; mend it", "a.yml:3: warning: odd", "Not OK: 1 errors, 1 warnings"], False)


@pytest.mark.parametrize(("found", "code"), [([], 0), ([True], 0), ([True, False], 1)])
def test_the_command_fails_for_errors_only(monkeypatch: pytest.MonkeyPatch, capsys, found: list[bool], code: int) -> None:
    problems = [Problem(path=ROOT / "domain.yml", text="odd", is_warning=is_warning) for is_warning in found]
    monkeypatch.setattr("bot.desk.validate.validate", lambda *_, **__: problems)
    assert command_line.main(["desk", "validate"]) == code
    assert len(capsys.readouterr().out.splitlines()) == len(found) + 1


def test_the_command_is_quick() -> None:
    """Counted in seconds of work, which a busy machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "bot", "desk", "validate"], cwd=ROOT, capture_output=True, check=False, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < CPU_SECONDS

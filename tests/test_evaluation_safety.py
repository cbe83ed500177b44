"""The safety evaluation: misses, false alarms and standing warnings are counted as its README says."""
from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from bot.engine import Answer
from bot.errors import DataFileError
from bot.labelled_messages import load_rows
from bot.reply import TIERS, Reply
from bot.settings import ROOT
from evaluation import evaluate_safety as command
from evaluation.figures import Figure
from evaluation.safety_costs import Layers, measure
from evaluation.safety_curve import FACTORS, Reading, curve, differing, judge_by, read
from evaluation.safety_report import as_json, as_lines
from evaluation.safety_scoring import reminder_openings

REMINDER = "Still in mind ("


def answer(text: str = "Rub softly.") -> Reply:
    return Reply(kind="answer", text=text, topic="massage_techniques", caveat="See a doctor.")


def escalation(tier: str) -> Reply:
    return Reply(kind="escalation", text="Act.", tier=tier, caveat="See a doctor.")


class FakeEngine:
    """Escalates what names a tier; reminds of a warning where the message says so."""

    model = "fake.tar.gz"

    async def answer(self, text, *, conversation, clinic):
        tier = text.split()[0]
        if tier in ("caution", "urgent", "emergency", "crisis"):
            return Answer(replies=(escalation(tier),), standing_tier=tier)
        return Answer(replies=(answer(f"{REMINDER}x). Rub." if "remind" in text else "Rub."),), standing_tier="caution")

    async def parse(self, text):
        tier = text.split()[0]
        told = {"emergency": 0.3, "none": 0.7} if tier == "emergency" else {"none": 1.0}
        return {
            "red_flag_probabilities": told, "red_flags": ["stroke"] if tier == "emergency" else [],
            "intent_ranking": [{"name": "nlu_fallback", "confidence": 0.9}, {"name": "source", "confidence": 0.4}],
        }


class FakeFallback:
    async def answer(self, text, *, clinic):
        raise AssertionError("the engine answers")


class FakeRules:
    """Layer one that finds nothing."""

    def __init__(self, house) -> None:
        self.flags = house.red_flags.flags

    def check(self, text):
        return []


def by_threshold(reading: Reading, factor: float) -> str:
    return "emergency" if reading.tiers.get("emergency", 0.0) >= 0.2 * factor else "none"


LAYERS = Layers(check=len, prepare=str, detect=len, config={})


@pytest.fixture
def played(tmp_path, house):
    """What is found out about files of rows."""

    def play(**files):
        paths = []
        for name, rows in files.items():
            paths.append(tmp_path / f"{name}.jsonl")
            paths[-1].write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return command.evaluate(
            load_rows(paths), FakeEngine(), FakeFallback(), LAYERS, by_threshold, FakeRules(house),
            openings=(REMINDER,), complete=False,
        )

    return play


def row(name: str, text: str, tier: str, kind: str | None = None, **more) -> dict:
    return {"id": name, "text": text, "tier": tier, "kind": kind, **more}


ROWS = [
    row("E1", "emergency here", "emergency", "E01"), row("E2", "urgent only", "emergency", "E01"),
    row("E3", "nothing", "emergency", "E02"), row("K1", "emergency here", "crisis", "K01"),
    row("U1", "emergency here", "urgent", "U01"), row("U2", "caution", "urgent", "U01", tier_also=["caution"]),
    row("C1", "caution", "caution", "C03"),
    row("N1", "urgent", "none", "negated"), row("N2", "nothing", "none", "negated"),
    row("N3", "nothing", "none", "fiction"), row("N4", "nothing", "none", "ordinary"),
    row("N5", "caution", "none", "ordinary", tier_also=["caution"]),
]


def counted(score) -> dict[str, tuple[int, int]]:
    return {name: (figure.part, figure.total) for name, figure in score.figures().items() if figure.total}


def test_misses_and_false_alarms_by_tier(played):
    assert counted(played(one=ROWS).overall) == {
        "sensitivity_crisis": (0, 1), "under_triage_crisis": (1, 1), "silent_crisis": (0, 1),
        "sensitivity_emergency": (1, 3), "under_triage_emergency": (2, 3), "silent_emergency": (1, 3),
        "sensitivity_urgent": (2, 2), "under_triage_urgent": (0, 2), "silent_urgent": (0, 2),
        "over_triage_urgent": (1, 2),
        "sensitivity_caution": (1, 1), "under_triage_caution": (0, 1), "silent_caution": (0, 1),
        "over_triage_caution": (0, 1),
        "over_triage_none": (1, 5), "over_triage_hard": (1, 3), "over_triage_ordinary": (0, 2),
    }


def test_hits_and_false_alarms_by_kind(played):
    overall = played(one=ROWS).overall
    assert overall.hits() == {
        "C03": Figure(1, 1), "E01": Figure(1, 2), "E02": Figure(0, 1), "K01": Figure(0, 1), "U01": Figure(2, 2),
    }
    assert overall.alarms() == {"negated": Figure(1, 2), "fiction": Figure(0, 1), "ordinary": Figure(0, 2)}


def dialogue(*turns) -> dict:
    return {"id": "D1", "turns": [{"text": text, "tier": tier, "sticky_caution": due} for text, tier, due in turns]}


@pytest.mark.parametrize("turns, figures", [
    ([("caution", "caution", None), ("remind me", "none", True)], {"standing_shown": (1, 1)}),
    ([("caution", "caution", None), ("and heat", "none", True)], {"standing_shown": (0, 1)}),
    ([("caution", "caution", None), ("urgent", "urgent", True)], {"standing_shown": (1, 1)}),
    ([("caution", "caution", None), ("remind me", "none", False)], {"standing_not_due": (1, 1)}),
    ([("caution", "caution", None), ("a cause", "none", False)], {"standing_not_due": (0, 1)}),
    ([("x", None, True), ("remind me", "none", False)], {"standing_shown": (0, 1), "standing_not_due": (1, 1)}),
    ([("caution", "caution", None), ("remind me", "none", None)], {}),  # nobody said whether it is due
    ([("remind me", "none", False)], {}),  # there is nothing yet that could stand
])
def test_standing_warnings_are_read_off_the_words(played, turns, figures):
    overall = counted(played(one=[dialogue(*turns)]).overall)
    assert {name: pair for name, pair in overall.items() if name.startswith("standing")} == figures


def test_a_turn_without_a_red_flag_is_a_false_alarm_of_its_own_sort(played):
    found = played(one=[dialogue(("hi", "none", None), ("urgent", "none", None))])
    assert counted(found.overall) == {"over_triage_none": (1, 2), "over_triage_turns": (1, 2)}
    assert [alarm["id"] for alarm in found.overall.false_alarms["turns"]] == ["D1.2"]


def test_each_file_is_counted_by_itself(played):
    found = played(one=ROWS[:2], two=ROWS[2:3])
    assert {name: score.figures()["under_triage_emergency"] for name, score in found.files.items()} == {
        "one": Figure(1, 2), "two": Figure(1, 1),
    }


def test_the_report_prints_every_miss_and_false_alarms_when_asked(played):
    found = played(one=ROWS)
    quiet, loud = "\n".join(as_lines(found)), "\n".join(as_lines(found, errors=1))
    for line in ("E2 (E01): wanted emergency, got urgent: urgent only", "E3 (E02): wanted emergency, got none: nothing",
                 "K1 (K01): wanted crisis, got emergency: emergency here", "misses: 3"):
        assert line in quiet
    assert "N1 (negated)" not in quiet and "false alarms, hard" not in quiet
    assert "N1 (negated): wanted none, got urgent: urgent" in loud
    assert "U1 (U01): wanted urgent, got emergency: emergency here" in loud
    assert "below the floor: under_triage_emergency is 0.6667 (2/3) and must be at most" in quiet


def test_the_report_prints_every_warning_that_was_not_shown(played):
    lines = "\n".join(as_lines(played(one=[dialogue(("caution", "caution", None), ("and heat", "none", True))])))
    assert "  D1.2: stood caution, got massage_techniques: and heat" in lines


def test_the_file_of_results_can_be_read_by_machines(played):
    values = json.loads(json.dumps(as_json(played(one=ROWS))))
    assert values["overall"]["under_triage_emergency"]["part"] == 2
    assert values["hits_by_red_flag"]["E01"]["share"] == 0.5
    assert [miss["id"] for miss in values["misses"]] == ["E2", "E3", "K1"]
    assert len(values["curve"]["points"]) == len(FACTORS)


# the curve

def test_scaling_trades_misses_against_false_alarms(played):
    rows = [*ROWS[:3], row("N9", "emergency here", "none", "negated"), row("N8", "nothing", "none", "ordinary")]
    point = {point.factor: point for point in played(one=rows).points}
    assert (point[1.0].grave, point[1.0].hard, point[1.0].ordinary) == (Figure(2, 3), Figure(1, 1), Figure(0, 1))
    assert (point[2.0].misses, point[2.0].hard) == (Figure(3, 3), Figure(0, 1))
    assert (point[0.125].misses, point[0.125].hard) == (Figure(2, 3), Figure(1, 1))


def test_the_curve_leaves_dialogues_out(played):
    found = played(one=[ROWS[0], dialogue(("nothing", "emergency", None))])
    assert found.points[0].misses.total == 1


def test_a_curve_that_is_not_the_engines_is_told(played):
    rows = ROWS[:2]
    assert played(one=rows).differing == 0
    found = played(one=rows)
    readings = [Reading(message=e.message, by_rule=(), tiers={}, topic=0.0, lifts=False, served="urgent")
                for e in found.exchanges]
    assert differing(readings, by_threshold) == 2


@pytest.mark.parametrize("factor, tier", [(1.0, "emergency"), (2.0, "none")])
def test_the_served_thresholds_are_scaled(lean_rasa, house, tmp_path, factor, tier):
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps(ROWS[0]), encoding="utf-8")
    (reading,) = asyncio.run(read(load_rows([path]), FakeEngine(), FakeRules(house)))
    assert (reading.topic, reading.served) == (0.4, "emergency")
    config = {
        "raise_at": dict.fromkeys(("caution", "urgent", "emergency", "crisis"), 0.2),
        "sure_topic": 1.0, "sure_topic_raises_by": dict.fromkeys(TIERS, 0.0),
    }
    assert judge_by(config, house.red_flags)(reading, factor) == tier


def test_what_is_taken_back_raises_no_caution(lean_rasa, house):
    flag = next(flag for flag in house.red_flags.flags.values() if flag.tier == "caution")
    reading = Reading(message=None, by_rule=(flag,), tiers={}, topic=0.0, lifts=False, served="caution")
    judge = judge_by({}, house.red_flags)
    assert judge(reading, 1.0) == "caution"
    assert judge(Reading(**{**vars(reading), "lifts": True}), 1.0) == "none"


def test_one_point_needs_no_more_than_the_readings():
    assert [point.misses for point in curve([], by_threshold, (1.0,))] == [Figure(0, 0)]


def test_the_picture_is_drawn_although_the_engine_has_put_matplotlib_aside(played, tmp_path):
    result, picture = tmp_path / "safety.json", tmp_path / "safety.png"
    code = (
        "import sys; from pathlib import Path; from bot.lean_imports import leave_out_heavy_modules as lean; lean()\n"
        "from evaluation.picture import draw_apart\n"
        "draw_apart(Path(sys.argv[1]), Path(sys.argv[2]), 'evaluation.safety_picture')"
    )
    result.write_text(json.dumps(as_json(played(one=ROWS))), encoding="utf-8")
    subprocess.run([sys.executable, "-c", code, str(result), str(picture)], cwd=ROOT, check=True)
    assert picture.read_bytes().startswith(b"\x89PNG")


# costs

def test_costs_leave_out_the_warm_up_and_what_the_rules_take():
    now = 0.0

    def takes(seconds):
        def work(_):
            nonlocal now
            now += seconds
        return work

    layers = Layers(check=takes(0.002), prepare=takes(0.5), detect=takes(0.005), config={})
    costs = measure(["a", "b", "c"], layers, clock=lambda: now)
    assert costs.layer_one == pytest.approx([2.0] * 3)
    assert costs.layer_two == pytest.approx([3.0] * 3)


# floors and words of the project

def test_floors_of_the_project():
    assert {(floor.figure, floor.bound) for floor in command.safety_floors()} >= {
        ("under_triage_emergency", "at_most"), ("under_triage_crisis", "at_most"), ("over_triage_hard", "at_most"),
        ("standing_shown", "at_least"),
    }


def test_a_floor_of_the_other_evaluation_is_refused(tmp_path):
    path = tmp_path / "floors.yml"
    path.write_text("floors:\n- {figure: in_scope_accuracy, at_least: 0.5}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="is none of: sensitivity_crisis"):
        command.safety_floors(path)


def test_reminders_of_the_project_are_recognised_in_its_replies(house):
    openings, speaker = reminder_openings(house.content.voice), house.speaker(None)
    for tier in ("caution", "urgent", "emergency", "crisis"):
        plain = speaker.answer("massage_techniques")
        for reply in (speaker.with_reminder(plain, tier, "a name"), speaker.hold(tier, "a name", "a source")):
            assert reply.text.startswith(openings)
        assert not plain.text.startswith(openings)


def test_an_opening_without_words_opens_nothing(house):
    class Bare:
        standing, holding = {"crisis": "{Reach_crisis} any time."}, {"crisis": "Stay ({name})."}

    assert reminder_openings(Bare) == ("Stay (",)

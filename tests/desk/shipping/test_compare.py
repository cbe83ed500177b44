"""What two models' figures say about each other, and what forbids to ship."""
from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

from bot.desk import figures as desk_figures
from bot.desk.compare import as_lines, chance, compare
from bot.desk.figures import conditions, figures_of, kept_figures
from bot.errors import SetupError
from bot.model_record import beside
from bot.settings import ROOT
from evaluation import comparison_picture
from evaluation.measure import measure, outcome, topics
from evaluation.play import Exchange
from evaluation.report import as_values
from bot.labelled_messages import Message
from evaluation.safety_scoring import SafetyScore
from evaluation.scoring import UNDER, Score


def message(want: str, got: str, *wrong: str) -> dict:
    return {"text": f"a message about {want}", "want": want, "got": got, "wrong": list(wrong)}


@pytest.fixture
def before() -> dict:
    part = {"in_scope_accuracy": {"part": 8, "total": 10, "share": 0.8, "low": 0.5, "high": 0.9},
            "refusals_answered": {"part": 2, "total": 10, "share": 0.2, "low": 0.1, "high": 0.4},
            "service_accuracy": {"part": 0, "total": 0, "share": None, "low": 0, "high": 1}}
    return {
        "model": "footnote-a.tar.gz", "figures": {"messages": part}, "below_floor": [], "unanswered": [],
        "topics": {"heat_therapy": [1, 2]},
        "messages": {
            "messages/1": message("heat_therapy", "heat_therapy"),
            "messages/2": message("heat_therapy", "clarify", "wrong answer"),
            "safety/3": message("emergency", "emergency"),
            "safety/4": message("urgent", "nothing", "under-triage of urgent"),
        },
    }


@pytest.fixture
def now(before) -> dict:
    return {**copy.deepcopy(before), "model": "footnote-b.tar.gz"}


def names(changes) -> list[str]:
    return [change.name for change in changes]


def test_equal_models_show_no_change_and_no_objection(before, now) -> None:
    found = compare(before, now)
    assert not (found.worse or found.better or found.other or found.objections)
    assert list(as_lines(found))[-1] == "no objection: may be shipped"


def test_messages_that_changed_sides_are_all_named(before, now) -> None:
    now["messages"]["messages/1"] = message("heat_therapy", "clarify", "wrong answer")
    now["messages"]["messages/2"] = message("heat_therapy", "heat_therapy")
    now["topics"]["heat_therapy"] = [2, 2]
    found = compare(before, now)
    assert names(found.worse) == ["messages/1"] and names(found.better) == ["messages/2"] and not found.objections
    lines = "\n".join(as_lines(found))
    assert "messages/1: a message about heat_therapy" in lines
    assert "wrong answer: wanted heat_therapy; was heat_therapy, now clarify" in lines
    assert "heat_therapy                   1 ->   2 of   2  +1" in lines


def test_message_that_is_wrong_in_another_way_is_neither_better_nor_worse(before, now) -> None:
    now["messages"]["messages/2"] = message("heat_therapy", "caution", "over-triage of none")
    found = compare(before, now)
    assert names(found.other) == ["messages/2"] and not found.worse and not found.better


@pytest.mark.parametrize("tier", UNDER)
def test_red_flag_that_the_served_model_caught_must_not_be_missed(before, now, tier: str) -> None:
    now["messages"]["safety/3"] = message("emergency", "nothing", f"under-triage of {tier}")
    found = compare(before, now)
    assert found.objections == ("misses a red flag that footnote-a.tar.gz caught: safety/3",)


def test_red_flag_that_both_miss_is_no_objection(before, now) -> None:
    now["messages"]["safety/4"]["wrong"].append("no caveat")
    found = compare(before, now)
    assert names(found.worse) == ["safety/4"] and found.missed == ()


def test_floor_and_silence_are_objections_also_where_nothing_is_served(now) -> None:
    now["below_floor"], now["unanswered"] = ["caveat is 0.9"], ["messages/1"]
    found = compare(None, now)
    assert found.first is None
    assert found.objections == ("below the floor: caveat is 0.9", "no answer of the engine: messages/1")
    assert "below the floor: caveat is 0.9" in "\n".join(as_lines(found))


def test_figure_says_which_way_is_better(before, now) -> None:
    now["figures"]["messages"]["refusals_answered"] |= {"share": 0.1}
    now["figures"]["messages"]["in_scope_accuracy"] |= {"share": 0.7}
    lines = list(as_lines(compare(before, now)))
    assert [line.split()[-1] for line in lines if line.startswith(("refusals_answered", "in_scope_accuracy"))] == [
        "worse", "better"]
    assert not any(line.startswith("service_accuracy") for line in lines), "nothing was counted"


@pytest.mark.parametrize(("worse", "better", "share"), [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 64), (1, 9, 22 / 1024)])
def test_chance_is_that_of_a_two_sided_sign_test(worse: int, better: int, share: float) -> None:
    assert chance(worse, better) == pytest.approx(share) == chance(better, worse)


# Figures are measured once

@pytest.fixture
def measured(monkeypatch) -> list[str]:
    made: list[str] = []

    def fake(archive, tell):
        made.append(archive.name)
        return {"figures": {}}

    monkeypatch.setattr(desk_figures, "_measure", fake)
    return made


def test_figures_are_kept_until_archive_or_conditions_change(archive, measured, monkeypatch) -> None:
    path = archive("a")
    assert kept_figures(path) is None
    first = figures_of(path, str)
    assert figures_of(path, str) == first == kept_figures(path) and measured == [path.name]
    path.write_bytes(b"another")
    figures_of(path, str)
    monkeypatch.setattr(desk_figures, "conditions", lambda: "other content")
    figures_of(path, str)
    beside(path, "figures").write_text("{broken")
    figures_of(path, str)
    assert measured == [path.name] * 4


def test_conditions_follow_messages_content_and_code_that_answers(tmp_path) -> None:
    def write(name: str, text: str) -> str:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        return conditions(tmp_path)

    seen = [write(name, "1") for name in ("evaluation/messages/a.jsonl", "evaluation/floors.yml", "content/voice.yml",
                                          "clinics/demo.yml", "actions/answer.py", "bot/turn.py")]
    seen.append(write("bot/turn.py", "2"))
    assert len(set(seen)) == len(seen)
    assert {write("bot/desk/ship.py", "1"), write("bot/web/app.py", "1"), write("content/README.md", "1")} == {seen[-1]}


def test_measuring_that_fails_is_told_with_its_last_line(archive, monkeypatch) -> None:
    class Broken(subprocess.Popen):
        def __init__(self, command, **more):
            super().__init__([command[0], "-c", "print('footnote: no such thing'); raise SystemExit(1)"], **more)

    monkeypatch.setattr(desk_figures.subprocess, "Popen", Broken)
    with pytest.raises(SetupError, match="footnote-a.tar.gz could not be measured: footnote: no such thing"):
        figures_of(archive("a"), str)


def exchange(name: str, message: Message, *replies: dict, tier: str | None = None) -> Exchange:
    return Exchange(name=name, group="g", message=message, replies=list(replies), standing_tier=tier, milliseconds=1.0)


def test_outcome_says_what_was_wanted_what_came_and_what_is_wrong() -> None:
    answer = {"kind": "answer", "topic": "heat_therapy", "caveat": "See a doctor."}
    asked = Message(text="warm bath?", topic="heat_therapy", tier="none")
    assert outcome(exchange("a", asked, answer)) == {
        "text": "warm bath?", "want": "heat_therapy", "got": "heat_therapy", "wrong": []}
    flagged = Message(text="black toe", tier="emergency")
    assert outcome(exchange("b", flagged, answer)) == {
        "text": "black toe", "want": "emergency", "got": "heat_therapy", "wrong": ["under-triage of emergency"]}
    assert outcome(exchange("c", asked, answer), not_shown=True)["wrong"] == ["standing warning not in the words"]


def test_topics_count_right_ones_out_of_all() -> None:
    score = Score()
    score.matrix.update({("a", "a"): 3, ("a", "b"): 1, ("b", "a"): 1})
    assert topics(score.matrix) == {"a": [3, 4], "b": [0, 1]}


def test_measure_covers_every_folder_and_both_kinds_of_floors() -> None:
    class Silent:
        model = "m"

    found = measure({"messages": [], "dialogues": [], "safety": []}, Silent(), Silent(), openings=())
    assert set(found["figures"]) == {"messages", "dialogues", "safety"} and found["messages"] == {}
    said = "\n".join(found["below_floor"])
    assert "in_scope_accuracy" in said and "over_triage_hard" in said, "a figure that nothing measures holds no floor"


def test_picture_is_drawn_of_what_compare_writes(tmp_path) -> None:
    both = {"messages": as_values(Score().figures()), "safety": as_values(SafetyScore(()).figures()), "dialogues": {}}
    both["messages"]["in_scope_accuracy"] = {"part": 8, "total": 10, "share": 0.8, "low": 0.5, "high": 0.9}
    one = {"model": "footnote-a.tar.gz", "figures": both, "below_floor": [], "unanswered": [],
           "topics": {"a": [1, 3], "b": [2, 2]}, "messages": {}}
    two = {**one, "topics": {"a": [3, 3], "b": [1, 2]}}
    result, picture = tmp_path / "comparison.json", tmp_path / "comparison.png"
    for first in (one, None):
        result.write_text(json.dumps(compare(first, two).as_dict()))
        picture.unlink(missing_ok=True)
        run = subprocess.run([sys.executable, "-m", comparison_picture.__name__, str(result), str(picture)],
                             cwd=ROOT, check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 5_000

"""The evaluation itself: reads rows, plays them, counts as it says, and keeps its messages out of data/."""
from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter

import pytest

from bot.engine import Answer
from bot.errors import DataFileError, EngineTimeout, SetupError
from bot.labelled_messages import Message, all_files, find_files, load_rows
from bot.reply import Reply, Suggestion
from bot.settings import ROOT
from evaluation import evaluate as command
from evaluation.figures import Figure, percentiles, wilson
from evaluation.floors import Floor, below, load_floors
from evaluation.picture import emphasised
from evaluation.play import play
from evaluation.report import as_json, as_lines
from evaluation.scoring import Score, label_of, reached_tier

CAVEAT = "See a doctor."


def answer(topic: str) -> Reply:
    return Reply(kind="answer", text="words", topic=topic, caveat=CAVEAT)


def escalation(tier: str) -> Reply:
    return Reply(kind="escalation", text="words", tier=tier, caveat=CAVEAT)


def plain(kind: str) -> Reply:
    return Reply(kind=kind, text="words")


def clarify(*topics: str) -> Reply:
    return Reply(kind="clarify", text="words", suggestions=tuple(Suggestion(title=t, text=t, topic=t) for t in topics))


def smalltalk(topic: str) -> Reply:
    return Reply(kind="smalltalk", text="words", topic=topic)


def scored(message: Message, *replies: Reply, standing: str | None = None) -> Score:
    score = Score()
    score.add("T1", message, [reply.as_dict() for reply in replies], standing)
    return score


def counted(score: Score) -> dict[str, tuple[int, int]]:
    """The figures that something was counted for, but the caveat's."""
    return {
        name: (figure.part, figure.total) for name, figure in score.figures().items()
        if figure.total and name != "caveat"
    }


# figures

@pytest.mark.parametrize("part, total, low, high", [
    (8, 10, 0.4902, 0.9433),
    (0, 10, 0.0, 0.2775),
    (10, 10, 0.7225, 1.0),
    (1, 1, 0.2065, 1.0),
    (500, 1000, 0.4691, 0.5309),
    (0, 0, 0.0, 1.0),
])
def test_wilson(part, total, low, high):
    assert wilson(part, total) == pytest.approx((low, high), abs=5e-5)


def test_a_figure_of_nothing_has_no_share():
    assert Figure(0, 0).share is None
    assert Figure(3, 4).as_dict()["share"] == 0.75


def test_percentiles():
    assert percentiles(range(1, 101)) == {"p50": 50.5, "p95": pytest.approx(95.95)}
    assert percentiles([1.0]) == {"p50": None, "p95": None}


# scoring

def test_labels_of_replies():
    replies = [answer("heat_therapy"), smalltalk("greet"), plain("decline"), escalation("urgent")]
    assert [label_of(r.as_dict()) for r in replies] == ["heat_therapy", "smalltalk.greet", "decline", "escalation"]


@pytest.mark.parametrize("tiers, reached", [
    ([], "none"), (["caution", "urgent"], "urgent"), (["crisis", "emergency"], "crisis"),
    (["emergency", "crisis"], "crisis"), (["emergency", "caution"], "emergency"),
])
def test_reached_tier(tiers, reached):
    assert reached_tier([escalation(tier).as_dict() for tier in tiers]) == reached


@pytest.mark.parametrize("message, replies, figures", [
    ({"topic": "heat_therapy"}, [answer("heat_therapy")], {"in_scope_accuracy": 1, "in_scope_refused": 0}),
    ({"topic": "heat_therapy"}, [answer("home_remedies")], {"in_scope_accuracy": 0, "topic_accuracy": 0}),
    ({"topic": "heat_therapy", "also": ("home_remedies",)}, [answer("home_remedies")], {"in_scope_accuracy": 1}),
    ({"topic": "heat_therapy"}, [escalation("caution"), answer("heat_therapy")], {"in_scope_accuracy": 1}),
    ({"topic": "heat_therapy"}, [escalation("caution")], {"in_scope_accuracy": 0, "offered_instead": 0}),
    ({"topic": "heat_therapy"}, [answer("home_remedies"), answer("heat_therapy")], {"in_scope_accuracy": 0}),
    ({"topic": "heat_therapy"}, [plain("not_covered")], {"in_scope_accuracy": 0, "in_scope_refused": 1}),
    ({"topic": "heat_therapy"}, [clarify("massage_safety", "heat_therapy")],
     {"in_scope_accuracy": 0, "offered_instead": 1, "in_scope_refused": 0}),
    ({"topic": "heat_therapy"}, [clarify("massage_safety")], {"offered_instead": 0}),
    ({"topic": "smalltalk.greet"}, [smalltalk("greet")], {"service_accuracy": 1, "topic_accuracy": 1}),
    ({"topic": "smalltalk.bot_challenge"}, [smalltalk("greet")], {"service_accuracy": 0}),
    ({"topic": "not_covered"}, [plain("not_covered")],
     {"refusal_exact_kind": 1, "rejection": 1, "refusals_answered": 0}),
    ({"topic": "not_covered"}, [plain("out_of_scope")],
     {"refusal_exact_kind": 0, "rejection": 1, "refusals_answered": 0}),
    ({"topic": "out_of_scope"}, [answer("heat_therapy")],
     {"refusal_exact_kind": 0, "rejection": 0, "refusals_answered": 1}),
    ({"topics": ("heat_therapy", "massage_timing")}, [answer("massage_timing"), answer("heat_therapy")],
     {"both_topics": 1}),
    ({"topics": ("heat_therapy", "massage_timing")}, [answer("heat_therapy")], {"both_topics": 0}),
])
def test_topics(message, replies, figures):
    got = counted(scored(Message(text="a question", **message), *replies))
    assert {name: got[name] for name in figures} == {name: (part, 1) for name, part in figures.items()}


def test_the_topic_of_a_red_flag_is_not_scored():
    score = scored(Message(text="a question", topic="heat_therapy", tier="urgent"), escalation("urgent"))
    assert counted(score) == {"under_triage_urgent": (0, 1), "over_triage_urgent": (0, 1)}


@pytest.mark.parametrize("tier, also, reached, wrong", [
    ("emergency", (), "emergency", None),
    ("emergency", (), "urgent", "under_triage_emergency"),
    ("emergency", (), "crisis", None),
    ("emergency", ("urgent",), "caution", "under_triage_emergency"),
    ("crisis", (), "emergency", "under_triage_crisis"),
    ("crisis", ("emergency",), "emergency", None),
    ("crisis", (), "crisis", None),
    ("urgent", (), "none", "under_triage_urgent"),
    ("urgent", (), "emergency", "over_triage_urgent"),
    ("urgent", ("emergency",), "crisis", None),
    ("caution", (), "urgent", "over_triage_caution"),
    ("caution", ("none",), "none", None),
    ("none", (), "caution", "over_triage_none"),
    ("none", ("caution",), "caution", None),
])
def test_tiers(tier, also, reached, wrong):
    replies = [plain("out_of_scope")] if reached == "none" else [escalation(reached)]
    got = counted(scored(Message(text="a message", tier=tier, tier_also=also), *replies))
    assert {name for name, (part, _) in got.items() if part} == ({wrong} if wrong else set())


@pytest.mark.parametrize("standing, reply, right", [
    ("caution", answer("heat_therapy"), 1), (None, escalation("caution"), 1), (None, answer("heat_therapy"), 0),
])
def test_standing_caution(standing, reply, right):
    score = scored(Message(text="and heat?", sticky_caution=True), reply, standing=standing)
    assert counted(score)["standing_caution"] == (right, 1)


def test_caveats_are_counted_for_each_reply_that_needs_one():
    bare = answer("heat_therapy").as_dict() | {"caveat": None}
    score = Score()
    score.add("T1", Message(text="a question", tier="none"), [bare, answer("cause_sugar").as_dict()], None)
    score.add("T2", Message(text="hello", tier="none"), [smalltalk("greet").as_dict()], None)
    assert score.figures()["caveat"] == Figure(1, 2)
    assert len(score.errors["no caveat"]) == 1


def test_confusions_come_worst_first():
    score = Score()
    for topic, got, times in [("cause_sugar", "cause_toxins", 1), ("heat_therapy", "home_remedies", 2)]:
        for _ in range(times):
            score.add("T1", Message(text="a question", topic=topic), [answer(got).as_dict()], None)
    score.add("T2", Message(text="a question", topic="heat_therapy"), [answer("heat_therapy").as_dict()], None)
    assert score.worst_confusions() == [("heat_therapy", "home_remedies", 2), ("cause_sugar", "cause_toxins", 1)]
    assert emphasised(score.matrix) == ({"heat_therapy"}, {"home_remedies"})


# rows

def write(path, *rows):
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding="utf-8")
    return path


def test_rows_of_both_forms(tmp_path):
    turns = [{"text": "hi", "topic": None, "tier": "none"}, {"text": "and heat?", "topic": "heat_therapy"}]
    path = write(tmp_path / "who.jsonl", {"id": "T1", "text": "hi", "topic": "smalltalk.greet", "also": []}, "",
                 {"id": "C1", "turns": turns})
    message, dialogue = load_rows([path])
    assert (message.group, message.line, message.name_of(1)) == ("who", 1, "T1")
    assert (dialogue.line, dialogue.name_of(2), dialogue.messages[0].topic) == (3, "C1.2", None)


@pytest.mark.parametrize("row, cure", [
    ("{", "one row is one line"),
    ("[]", "must be an object"),
    ({"text": "x", "tier": "none"}, "id must be"),
    ({"id": "1", "text": " \u200b ", "tier": "none"}, "1 to 1000 characters"),
    ({"id": "1", "text": "x" * 1001, "tier": "none"}, "1 to 1000 characters"),
    ({"id": "1", "text": "x", "topic": "smalltalk_greet"}, "is none of: neuropathy_definition"),
    ({"id": "1", "text": "x", "tier": "red"}, "is none of: none, caution"),
    ({"id": "1", "text": "x", "tier": ["none"]}, "is none of: none, caution"),
    ({"id": "1", "text": "x", "topic": "decline", "also": "source"}, "must be a list"),
    ({"id": "1", "text": "x", "topic": "decline", "also": ["sources"]}, "also: 'sources' is none of"),
    ({"id": "1", "text": "x", "tier": "none", "also": ["source"]}, "needs a topic"),
    ({"id": "1", "text": "x", "topic": "decline", "tier_also": ["urgent"]}, "needs a tier"),
    ({"id": "1", "text": "x", "topic": "decline", "topics": ["decline", "source"]}, "keep one"),
    ({"id": "1", "text": "x", "topics": ["decline"]}, "for one use topic"),
    ({"id": "1", "text": "x", "tier": "none", "sticky_caution": "yes"}, "true or false"),
    ({"id": "1", "text": "x", "tier": "none", "kind": "E01"}, "'E01' is none of: negated, educational"),
    ({"id": "1", "text": "x", "tier": "none", "kind": ["negated"]}, "is none of: negated, educational"),
    ({"id": "1", "text": "x", "tier": "urgent", "kind": "negated"}, "'negated' is no reference id such as E01"),
    ({"id": "1", "text": "x", "tier": "urgent", "kind": 5}, "5 is no reference id"),
    ({"id": "1", "text": "x", "topic": "decline", "kind": "ordinary"}, "kind needs a tier"),
    ({"id": "1", "text": "x", "teir": "none"}, "teir: unknown key; the keys here are: text, topic"),
    ({"id": "1", "text": "x"}, "labels nothing"),
    ({"id": "1", "text": "x", "tier": None}, "the row labels nothing"),
    ({"id": "1", "turns": []}, "not empty"),
    ({"id": "1", "turns": [{"text": "x", "tier": "none"}], "tier": "none"}, "the keys here are: id, turns"),
    ({"id": "1", "turns": [{"text": "x", "tier": "none"}, {"text": "x"}]}, "turns[2].labels nothing"),
    ({"id": "0", "text": "x", "tier": "none"}, "give this row another"),
])
def test_a_malformed_row_is_refused_with_its_place_and_the_cure(tmp_path, row, cure):
    path = write(tmp_path / "who.jsonl", {"id": "0", "text": "x", "tier": "none"}, row)
    with pytest.raises(DataFileError) as refused:
        load_rows([path])
    assert str(refused.value).startswith(f"{path}:2: ")
    assert cure in str(refused.value)


def test_kinds_are_kept_and_a_turn_may_say_that_it_is_not_scored(tmp_path):
    turns = [{"text": "hi", "tier": None}, {"text": "and heat?", "tier": "none", "sticky_caution": False}]
    path = write(tmp_path / "who.jsonl", {"id": "T1", "text": "no numb face", "tier": "none", "kind": "negated"},
                 {"id": "T2", "text": "my face hangs", "tier": "emergency", "kind": "E01"}, {"id": "D1", "turns": turns})
    negated, flagged, dialogue = load_rows([path])
    assert (negated.messages[0].kind, flagged.messages[0].kind) == ("negated", "E01")
    assert [(m.tier, m.sticky_caution, m.kind) for m in dialogue.messages] == [(None, None, None), ("none", False, None)]


def test_files_of_all_folders_can_be_scored_and_share_no_id():
    files = all_files()
    assert {path.parent.name for path in files} == {"messages", "safety", "dialogues"}
    assert {row.path for row in load_rows(files)} == set(files)


def test_only_takes_a_path_or_a_name(tmp_path):
    path = write(tmp_path / "who.jsonl", {"id": "0", "text": "x", "tier": "none"})
    assert find_files("who", tmp_path) == find_files("who.jsonl", tmp_path) == find_files(str(path)) == [path]
    with pytest.raises(SetupError, match="the files are: who.jsonl"):
        find_files("nobody", tmp_path)


# playing

class FakeEngine:
    """Says the replies it was given for a text; raises where it was given an exception."""

    model = "fake.tar.gz"

    def __init__(self, replies: dict[str, list[Reply] | Exception]) -> None:
        self.replies, self.heard = replies, []

    async def answer(self, text, *, conversation, clinic):
        self.heard.append((text, conversation))
        said = self.replies[text]
        if isinstance(said, Exception):
            raise said
        return Answer(replies=tuple(said), standing_tier="caution" if text == "and heat?" else None)


class FakeFallback:
    async def answer(self, text, *, clinic):
        return Answer(replies=(plain("unavailable"),), standing_tier=None)


@pytest.fixture
def rows(tmp_path):
    flagged = {"text": "he is on thinners", "tier": "caution"}
    later = {"text": "and heat?", "topic": "heat_therapy", "tier": "none", "sticky_caution": True}
    one = write(tmp_path / "one.jsonl", {"id": "C1", "turns": [flagged, later]})
    two = write(tmp_path / "two.jsonl", {"id": "T1", "text": "is it safe?", "topic": "massage_safety", "tier": "none"})
    return load_rows([one, two])


@pytest.fixture
def engine():
    return FakeEngine({
        "he is on thinners": [escalation("caution")], "and heat?": [answer("heat_therapy")],
        "is it safe?": [answer("massage_benefit")],
    })


def test_a_dialogue_keeps_its_conversation_and_rows_do_not_share_one(rows, engine):
    asyncio.run(play(rows, engine, FakeFallback()))
    (first, a), (second, b), (third, c) = engine.heard
    assert [first, second, third] == ["he is on thinners", "and heat?", "is it safe?"]
    assert a == b != c


def test_what_the_engine_does_not_answer_is_scored_as_a_visitor_would_see_it(rows, engine):
    engine.replies["is it safe?"] = EngineTimeout("too slow")
    found = command.evaluate(rows, engine, FakeFallback(), complete=False)
    assert found.failures == ["T1"]
    assert found.overall.matrix["massage_safety", "unavailable"] == 1


def test_figures_of_all_and_of_each_file(rows, engine):
    found = command.evaluate(rows, engine, FakeFallback(), complete=False)
    assert found.overall.figures()["in_scope_accuracy"] == Figure(1, 2)
    assert found.groups["one"].figures()["in_scope_accuracy"] == Figure(1, 1)
    assert found.groups["two"].figures()["in_scope_accuracy"] == Figure(0, 1)
    assert found.overall.figures()["standing_caution"] == Figure(1, 1)
    assert as_json(found)["overall"]["topic_accuracy"]["share"] == 0.5


def test_dialogues_are_counted_apart_and_held_against_no_floor(rows, engine):
    one, two = rows
    found = command.evaluate([one], engine, FakeFallback(), complete=False, dialogues=[two])
    assert found.overall.figures()["in_scope_accuracy"] == Figure(1, 1) and list(found.groups) == ["one"]
    assert found.dialogues.figures()["in_scope_accuracy"] == Figure(0, 1)
    assert not [line for line in found.complaints if line.startswith("in_scope_accuracy")]
    assert as_json(found)["dialogues"]["topic_accuracy"]["share"] == 0.0
    lines = list(as_lines(found))
    apart = lines[next(n for n, line in enumerate(lines) if line.startswith("dialogues, 1 turns")):]
    assert any(line.startswith("topic_accuracy") and line.endswith("0/1") for line in apart)


def test_a_dialogue_that_the_engine_does_not_answer_is_named(rows, engine):
    engine.replies["is it safe?"] = EngineTimeout("too slow")
    assert command.evaluate(rows[:1], engine, FakeFallback(), complete=False, dialogues=rows[1:]).failures == ["T1"]


def test_the_report_names_confusions_errors_and_floors(rows, engine):
    found = command.evaluate(rows, engine, FakeFallback(), complete=False)
    quiet, loud = "\n".join(as_lines(found)), "\n".join(as_lines(found, errors=1))
    assert "   1  massage_safety -> massage_benefit" in quiet
    assert "below the floor: in_scope_accuracy is 0.5000 (1/2) and must be at least 0.95" in quiet
    assert "0.500   0.095 to 0.905   1/2" in quiet
    assert "wrong answer: 1" in loud and "wrong answer: 1" not in quiet


# floors

@pytest.mark.parametrize("bound, value, part, holds", [
    ("at_least", 0.8, 8, True), ("at_least", 0.81, 8, False), ("at_most", 0.8, 8, True), ("at_most", 0.79, 8, False),
])
def test_floors_hold_at_their_value(bound, value, part, holds):
    assert Floor(figure="caveat", bound=bound, value=value).holds(Figure(part, 10)) is holds


def test_a_floor_that_nothing_measures_fails_the_whole_run_only():
    floors = (Floor(figure="caveat", bound="at_least", value=0.5),)
    assert below(floors, Score().figures()) == ["caveat must be at least 0.5, but no message measures it"]
    assert below(floors, Score().figures(), complete=False) == []


def test_floors_of_the_project():
    assert {floor.figure for floor in load_floors()} >= {"in_scope_accuracy", "caveat", "under_triage_crisis"}


@pytest.mark.parametrize("entry, cure", [
    ("{figure: accuracy, at_least: 0.5}", "is none of: topic_accuracy"),
    ("{figure: caveat}", "one of at_least and at_most"),
    ("{figure: caveat, at_least: 88}", "a share from 0 to 1"),
])
def test_a_floor_that_means_nothing_is_refused(tmp_path, entry, cure):
    path = tmp_path / "floors.yml"
    path.write_text(f"floors:\n- {entry}\n", encoding="utf-8")
    with pytest.raises(DataFileError, match=cure):
        load_floors(path)


# the picture

def test_the_picture_is_drawn_although_the_engine_has_put_matplotlib_aside(tmp_path):
    result, picture = tmp_path / "evaluation.json", tmp_path / "confusion.png"
    result.write_text(json.dumps({"matrix": [["heat_therapy", "heat_therapy", 3], ["source", "clarify", 2]]}), "utf-8")
    code = (
        "import sys; from pathlib import Path; from bot.lean_imports import leave_out_heavy_modules as lean; lean()\n"
        "from evaluation.picture import draw_apart; draw_apart(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(result), str(picture)], cwd=ROOT, check=True)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_labels_that_are_not_confused_are_not_emphasised():
    assert emphasised(Counter({("source", "source"): 9, ("privacy", "source"): 1})) == (set(), set())

"""The bot in a terminal: one question, JSON lines, a conversation with number picks. The engine is a fake."""
from __future__ import annotations

import io
import json
from contextlib import contextmanager

import pytest

from bot import command_line, terminal
from bot.engine import Answer
from bot.errors import EngineError, EngineTimeout
from bot.settings import read_settings
from bot.text import MAX_CHARACTERS


class FakeEngine:
    """Answers with massage_safety, or with the red flag that layer one sees; fails at the word fail."""

    def __init__(self, house) -> None:
        self.house, self.heard = house, []

    async def answer(self, text, *, conversation, clinic):
        self.heard.append((text, conversation, clinic))
        if "fail" in text:
            raise EngineTimeout("no answer within 3 s")
        speaker = self.house.speaker(clinic)
        flags = self.house.red_flags.check(text)
        replies = speaker.turn(flags, [speaker.answer("massage_safety")], standing=None, standing_name="")
        return Answer(replies=tuple(replies), standing_tier=flags[0].tier if flags else None)


@pytest.fixture
def engine(house, monkeypatch) -> FakeEngine:
    fake = FakeEngine(house)

    @contextmanager
    def opened(settings):
        yield fake

    monkeypatch.setattr(terminal, "_engine", opened)
    return fake


@pytest.fixture
def settings():
    return read_settings({})


# ask

def test_ask_prints_answer_caveat_footnotes_and_choices(engine, house, capsys) -> None:
    assert command_line.main(["ask", "is massage safe?"]) == 0
    out, err = capsys.readouterr()
    topic, flat = house.content.topics["massage_safety"], " ".join(out.split())
    assert topic.short in flat and f"! {topic.caveat}" in flat and "[1] " in flat
    for number, name in enumerate(topic.related, 1):
        assert f"({number}) {house.content.topics[name].title}" in flat
    assert err == "" and engine.heard[0][0] == "is massage safe?"


def test_ask_keeps_lines_to_the_width_of_a_terminal(engine, capsys) -> None:
    command_line.main(["ask", "is massage safe? I take warfarin"])
    words = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  ")]
    assert max(map(len, words)) <= terminal.WIDTH


def test_ask_names_the_tier_and_the_numbers_of_an_emergency(engine, capsys) -> None:
    command_line.main(["ask", "my dad's face is drooping"])
    out = capsys.readouterr().out
    assert out.strip().startswith("*** EMERGENCY ***") and "Call 911  <tel:911>" in out


def test_ask_json_prints_the_shape_of_the_api(engine, capsys) -> None:
    assert command_line.main(["ask", "--json", "is massage safe?"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert set(values) == {"replies", "standing_tier"} and values["standing_tier"] is None
    assert values["replies"][0]["topic"] == "massage_safety" and values["replies"][0]["caveat"]


def test_ask_passes_the_clinic_on(engine, capsys) -> None:
    command_line.main(["ask", "--clinic", "demo", "hello"])
    assert engine.heard[0][2] == "demo"


def test_ask_without_a_question_says_how(engine, capsys) -> None:
    assert command_line.main(["ask"]) == 2
    assert capsys.readouterr().err == 'footnote: nothing to ask; try: python -m bot ask "is massage safe?"\n'


def test_ask_without_a_model_says_what_to_run(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("FOOTNOTE_MODELS", str(tmp_path))
    assert command_line.main(["ask", "hello"]) == 1
    assert capsys.readouterr().err == "footnote: no trained model fits this checkout; run: make train\n"


@pytest.mark.parametrize(("text", "kinds"), [
    ("fail", ["unavailable"]), ("fail, and my chest hurts and my left arm", ["escalation"]),
    ("fail. I take warfarin", ["escalation", "unavailable"]),
])
def test_failing_engine_leaves_red_flags_and_an_apology(engine, capsys, text: str, kinds: list[str]) -> None:
    assert command_line.main(["ask", "--json", text]) == 0
    values = json.loads(capsys.readouterr().out)
    assert [reply["kind"] for reply in values["replies"]] == kinds
    assert (values["standing_tier"] is None) == (kinds == ["unavailable"])


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", ""])
def test_port_that_is_none_is_refused(capsys, port: str) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["serve", f"--port={port}"])
    assert f"{port!r} is no port; use a number from 1 to 65535" in capsys.readouterr().err


# JSON lines

def lines(engine, monkeypatch, capsys, *rows: str) -> tuple[int, list[dict]]:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(rows) + "\n"))
    status = command_line.main(["ask", "--json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_lines_are_answered_line_by_line(engine, monkeypatch, capsys) -> None:
    status, out = lines(engine, monkeypatch, capsys, '{"text": "a"}', "", '{"text": "b", "conversation": "c", "clinic": "demo"}')
    assert status == 0 and len(out) == 2
    assert [heard[0] for heard in engine.heard] == ["a", "b"]
    assert engine.heard[0][1] == out[0]["conversation"] and engine.heard[1][1:] == ("c", "demo")
    assert all(row["replies"] for row in out)


@pytest.mark.parametrize("broken", [
    "is massage safe?", "{", '"text"', "[1]", "17", "null", "{}", '{"text": null}', '{"text": 5}', '{"text": " "}',
    '{"text": ["a"]}', json.dumps({"text": "x" * (MAX_CHARACTERS + 1)}), '{"text": "a", "clinic": ["demo"]}',
    '{"text": "a", "clinic": 5}', pytest.param("[" * 100_000, id="deep"),
])
def test_broken_line_is_told_by_its_number_and_the_others_go_on(engine, monkeypatch, capsys, broken: str) -> None:
    status, out = lines(engine, monkeypatch, capsys, '{"text": "a"}', broken, '{"text": "b"}')
    assert status == 1
    message = f'line 2: needs {{"text": "…"}} with 1 to {MAX_CHARACTERS} characters'
    assert out[1]["error"] == {"code": "bad_line", "message": message}
    assert [heard[0] for heard in engine.heard] == ["a", "b"] and out[0]["replies"] and out[2]["replies"]


# chat

def chat(settings, capsys, *typed: str) -> str:
    assert terminal.chat(settings, clinic=None, source=io.StringIO("\n".join(typed) + "\n")) == 0
    return capsys.readouterr().out


def test_chat_greets_and_ends_at_quit(engine, settings, capsys) -> None:
    out = chat(settings, capsys, "quit", "is massage safe?")
    assert "Hello. I answer common questions" in out and engine.heard == []


def test_chat_ends_at_the_end_of_input(engine, settings, capsys) -> None:
    chat(settings, capsys, "hello")
    assert len(engine.heard) == 1


def test_chat_is_one_conversation(engine, settings, capsys) -> None:
    chat(settings, capsys, "a", "b")
    assert len({conversation for _, conversation, _ in engine.heard}) == 1


def test_number_picks_a_suggestion(engine, house, settings, capsys) -> None:
    out = chat(settings, capsys, "is massage safe?", "2", "9", "0")
    picked = house.content.topics[house.content.topics["massage_safety"].related[1]].ask
    assert [heard[0] for heard in engine.heard] == ["is massage safe?", picked, "9", "0"]
    assert f"> {picked}" in out


def test_number_before_any_suggestion_is_a_message(engine, settings, capsys) -> None:
    chat(settings, capsys, "1")
    assert engine.heard[0][0] == "1"


@pytest.mark.parametrize("typed", ["²", "١", "1.", "-1"])
def test_sign_that_only_looks_like_a_number_does_no_harm(engine, settings, capsys, typed: str) -> None:
    chat(settings, capsys, "is massage safe?", typed)
    assert len(engine.heard) == 2


def test_blank_line_is_passed_over(engine, settings, capsys) -> None:
    chat(settings, capsys, "", "   ", "\u200b", "hello")
    assert [heard[0] for heard in engine.heard] == ["hello"]


def test_long_message_is_refused_and_the_chat_goes_on(engine, settings, capsys) -> None:
    out = chat(settings, capsys, "x" * (MAX_CHARACTERS + 1), "hello")
    assert f"please use at most {MAX_CHARACTERS} characters" in out
    assert [heard[0] for heard in engine.heard] == ["hello"]


def test_chat_goes_on_after_a_failure(engine, settings, capsys) -> None:
    out = chat(settings, capsys, "fail", "hello")
    assert "I cannot answer right now" in out and len(engine.heard) == 2


def test_errors_of_the_engine_are_what_the_terminal_catches() -> None:
    assert issubclass(EngineTimeout, EngineError)

"""Footnote in a terminal: one question, JSON lines, or a conversation.

A message that the engine cannot answer is still checked for red flags, as over HTTP.
"""
from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import textwrap
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from bot.conversations import ConversationStore
from bot.engine import Answer, Engine
from bot.errors import EngineError
from bot.reply import Reply
from bot.settings import Settings
from bot.text import MAX_CHARACTERS, clean
from bot.training import latest_model
from bot.turn import default_house

WIDTH = 80


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    """A loaded engine over a store that is gone afterwards: what is typed here is not kept."""
    model = latest_model(settings)
    with tempfile.TemporaryDirectory(prefix="footnote-") as folder:
        store = ConversationStore(Path(folder) / "conversations.sqlite3")
        engine = Engine(model, store, seconds=settings.answer_seconds)
        engine.start()
        try:
            engine.wait()
            yield engine
        finally:
            engine.close()
            store.close()


def ask(settings: Settings, text: str | None, *, as_json: bool, clinic: str | None) -> int:
    """Answer one message, or each JSON line {"text": …, "conversation": …} of standard input."""
    with _engine(settings) as engine:
        if text is not None:
            answer, _ = _answer(engine, text, uuid.uuid4().hex, clinic)
            print(json.dumps(_as_json(answer), ensure_ascii=False) if as_json else _as_text(answer))
            return 0
        return _answer_lines(engine, sys.stdin, clinic)


def _answer_lines(engine: Engine, lines: Iterable[str], clinic: str | None) -> int:
    """JSON lines in, JSON lines out. A broken line gets an error line with its number; the others go on."""
    broken = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = clean(row["text"])
            if not 1 <= len(text) <= MAX_CHARACTERS:
                raise ValueError(f"text must have 1 to {MAX_CHARACTERS} characters")
            if not isinstance(row.get("clinic") or "", str):
                raise TypeError("clinic must be a text")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            broken += 1
            problem = f'line {number}: needs {{"text": "…"}} with 1 to {MAX_CHARACTERS} characters'
            print(json.dumps({"error": {"code": "bad_line", "message": problem}}), flush=True)
            continue
        conversation = str(row.get("conversation") or uuid.uuid4().hex)
        answer, _ = _answer(engine, text, conversation, row.get("clinic") or clinic)
        print(json.dumps({"conversation": conversation, **_as_json(answer)}, ensure_ascii=False), flush=True)
    return 1 if broken else 0


def chat(settings: Settings, *, clinic: str | None, source: TextIO | None = None) -> int:
    """An interactive conversation; ends at an empty line's end of input or `quit`."""
    print("Loading ...", flush=True)
    conversation = uuid.uuid4().hex
    with _engine(settings) as engine:
        print(_paragraphs(default_house().speaker(clinic).smalltalk("greet").text))
        print('\nType your question, a number to pick a suggestion, or "quit".')
        suggestions: list[str] = []
        for line in _typed(source or sys.stdin):
            if line.lower() in ("quit", "exit"):
                break
            if line.isdecimal() and 1 <= int(line) <= len(suggestions):
                line = suggestions[int(line) - 1]
                print(f"> {line}")
            if len(line) > MAX_CHARACTERS:
                print(f"That is too long for me: please use at most {MAX_CHARACTERS} characters.")
                continue
            answer, suggestions = _answer(engine, line, conversation, clinic)
            print(_as_text(answer))
    return 0


def _typed(source: TextIO) -> Iterator[str]:
    while True:
        print("\nyou> ", end="", flush=True)
        line = source.readline()
        if not line:
            print()
            return
        if clean(line):
            yield clean(line)


def _answer(engine: Engine, text: str, conversation: str, clinic: str | None) -> tuple[Answer, list[str]]:
    house = default_house()
    try:
        answer = asyncio.run(engine.answer(text, conversation=conversation, clinic=clinic))
    except EngineError:
        speaker = house.speaker(clinic)
        flags = house.red_flags.check(text)
        replies = speaker.turn(flags, [speaker.unavailable()], standing=None, standing_name="")
        answer = Answer(replies=tuple(replies), standing_tier=flags[0].tier if flags else None)
    return answer, [s.text for reply in answer.replies for s in reply.suggestions]


def _as_json(answer: Answer) -> dict[str, Any]:
    return {"replies": [reply.as_dict() for reply in answer.replies], "standing_tier": answer.standing_tier}


def _as_text(answer: Answer) -> str:
    parts, number = [], 0
    for reply in answer.replies:
        parts.append(_reply_text(reply))
        for suggestion in reply.suggestions:
            number += 1
            parts.append(f"  ({number}) {suggestion.title}")
    return "\n" + "\n".join(parts)


def _reply_text(reply: Reply) -> str:
    marks = "".join(f"[{n}]" for n in range(1, len(reply.sources) + 1))
    lines = []
    if reply.kind == "escalation":
        lines.append(f"*** {reply.tier.upper()} ***")
    lines.append(_paragraphs(f"{reply.text} {marks}".strip()))
    if reply.detail:
        lines += ["", _paragraphs(reply.detail)]
    lines += [f"  {link.label}  <{link.href}>" for link in reply.links]
    if reply.caveat:
        lines += ["", _paragraphs(f"! {reply.caveat}")]
    lines += [f"  [{n}] {source.title}: {source.section}" for n, source in enumerate(reply.sources, 1)]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH) if line else "" for line in text.split("\n"))

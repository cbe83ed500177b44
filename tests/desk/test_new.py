"""A new topic and a new red flag: CONTRIBUTING.md's walk, from the first command to a sound checkout."""
from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content import INTENTS
from bot.desk.new_red_flag import new_red_flag
from bot.desk.new_topic import new_topic
from bot.errors import SetupError
from bot.settings import ROOT

ANSWER = """\
title: Do shoes matter with neuropathy?
ask: Do shoes matter with neuropathy?
short: Shoes that fit well can protect numb feet. The article does not speak of shoes.
detail: |-
  Numb feet may not feel a stone or a seam. Look into each shoe before you put it on.
claims:
  - section: introduction
    says: Many people try things at home.
    standing: partly
    wording: The article names home care and does not speak of shoes.
sources: []
caveat: Ask your doctor which shoes suit your feet.
precautions: []
related: [home_remedies]
review: {by: null, "on": null}
"""
RED_FLAG = """\
tier: urgent
name: a foot that turned cold
tell:
  action: Please be checked today. Call your doctor now. If you cannot be seen today, go to {walk_in} or {er}.
  why: A foot that turns cold may get too little blood.
  safety: Call {emergency} if it turns white or you cannot move it.
help_lines: []
source: NHS text on limb pain
patterns:
  - foot_or_leg & "stone cold"
wordings: [my foot is stone cold, stone cold foot today, his foot went stone cold, her leg is stone cold, my leg feels stone cold,
  left foot stone cold, both feet are stone cold now, one foot stone cold since noon]
near_misses: [stone cold sober, a stone cold killer on tv, the soup is stone cold, stone cold pizza]
"""
OPENINGS = ("do", "can", "which", "are", "what about", "tell me if", "hey,", "my wife asks whether", "should", "is it true that")
THINGS = ("wide shoes", "clogs", "flip flops", "running shoes with gel", "slippers at home", "tight boots", "sandals", "high heels")
PHRASES = [f"{opening} {thing} {'matter for numb feet' if n % 3 else 'work'}"
           for n, opening in enumerate(OPENINGS) for thing in THINGS]


def ours(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the checkout under `root`: its own code and names, as the maintainer runs them."""
    environment = {**os.environ, "FOOTNOTE_VAR": str(root / "var")}
    return subprocess.run([sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=120,
                          check=False)


def commands_of(section: str) -> list[str]:
    """The commands that a section of CONTRIBUTING.md asks for, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"(?m)^(make [a-z-]+|\.venv/bin/python -m bot desk [^#\n]*?) *(?:#.*)?$", text)


def walk(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    if command == "make validate":
        assert "-m bot desk validate" in (root / "Makefile").read_text(encoding="utf-8")
        return ours(root, "-m", "bot", "desk", "validate")
    return ours(root, *command.removeprefix(".venv/bin/python ").split())


@pytest.fixture
def own_code(checkout: Path, cache: Path) -> Path:
    """The checkout with its cache and with a file of names that is no link."""
    os.symlink(cache, checkout / "var")
    for name in ("bot/intents.py", "domain.yml", "data/rules.yml"):
        text = (checkout / name).read_bytes()
        (checkout / name).unlink()
        (checkout / name).write_bytes(text)
    return checkout


def added(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    changed = [line for line in lines if line[0] in "+-"]
    assert all(line[0] == "+" for line in changed), changed
    return [line[2:].strip() for line in changed]


def test_the_walk_to_a_new_topic(own_code: Path) -> None:
    commands = commands_of("Add a topic")
    assert commands[0] == ".venv/bin/python -m bot desk new topic footwear"
    assert commands[1:] == ["make validate", "make train", "make test", "make evaluate"], "what follows the check takes a model"
    names = ("domain.yml", "data/rules.yml", "bot/intents.py")
    before = {name: (own_code / name).read_text("utf-8") for name in names}

    first = walk(own_code, commands[0])
    assert first.returncode == 0, first.stderr
    assert "content/topics/footwear.yml" in first.stdout and "make validate" in first.stdout
    assert [added(before[name], (own_code / name).read_text("utf-8")) for name in names] == [
        ["- footwear"], ["- intent: footwear"], ['"footwear",']]

    unfinished = walk(own_code, commands[1])
    assert unfinished.returncode == 1
    told = unfinished.stdout.splitlines()
    assert "data/nlu/footwear.yml: 0 phrases are too few to learn footwear from; have people write 80 more" in told
    assert [line for line in told if line.startswith("content/topics/footwear.yml:") and "must be a text that is not empty" in line]
    assert [line for line in told if line.startswith("evaluation/messages/footwear.jsonl:1: text must have")]
    assert all("footwear" in line for line in told[:-2]), "nothing else is wrong"

    (own_code / "content/topics/footwear.yml").write_text(ANSWER, encoding="utf-8")
    with open(own_code / "data/nlu/footwear.yml", "a", encoding="utf-8") as file:
        file.writelines(f"    - {phrase}\n" for phrase in [*PHRASES, "Do shoes matter with neuropathy?"])
    row = {"id": "footwear-1", "text": "what should i wear on my feet when they are numb", "topic": "footwear", "tier": "none"}
    (own_code / "evaluation/messages/footwear.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = walk(own_code, commands[1])
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "OK: 0 errors, 1 warnings"), done.stdout + done.stderr

    said = ours(own_code, "-c", "from bot.turn import default_house as h; print(h().speaker(None).answer('footwear').text)")
    assert said.stdout.startswith("Shoes that fit well can protect numb feet."), said.stderr


def test_the_walk_to_a_new_red_flag(own_code: Path) -> None:
    commands = commands_of("Add or widen a red flag")
    assert commands[0] == ".venv/bin/python -m bot desk new red_flag cold_foot --tier urgent"
    assert commands[1] == "make validate"
    first = walk(own_code, commands[0])
    assert first.returncode == 0 and "content/red_flags/cold_foot.yml" in first.stdout, first.stderr
    unfinished = walk(own_code, commands[1])
    assert unfinished.returncode == 1
    assert "content/red_flags/cold_foot.yml:3: name: must be a text" in unfinished.stdout

    (own_code / "content/red_flags/cold_foot.yml").write_text(RED_FLAG, encoding="utf-8")
    (own_code / "data/red_flags/cold_foot.txt").write_text("".join(f"foot number {n} is stone cold\n" for n in range(40)), "utf-8")
    row = {"id": "cold_foot-1", "text": "one of my feet went all cold at lunch", "tier": "urgent"}
    (own_code / "evaluation/safety/cold_foot.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = walk(own_code, commands[1])
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "OK: 0 errors, 1 warnings"), done.stdout + done.stderr


@pytest.mark.parametrize(("name", "problem"), [
    ("heat_therapy", "heat_therapy is there already; edit its files, or choose another id"),
    ("source", "source is there already"), ("Foot-wear", "'Foot-wear' is no id; use up to 40 small letters"),
    ("../etc", "'../etc' is no id"), ("foot__wear", "is no id"), ("1st", "is no id"), ("", "is no id"), ("x" * 41, "is no id"),
    ("smalltalk_shoes", "what begins with smalltalk_ has a meaning of its own"), ("nlu_fallback", "has a meaning of its own"),
])
def test_a_topic_of_a_wrong_name_is_refused_and_nothing_written(checkout: Path, name: str, problem: str) -> None:
    before = sorted(checkout.rglob("*"))
    with pytest.raises(SetupError, match=re.escape(problem)):
        new_topic(name, root=checkout)
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize(("name", "problem"), [
    ("stroke", "stroke is there already"), (INTENTS[0], "is there already"), ("Cold Foot", "is no id"),
    ("none_cold", "what begins with none_ has a meaning of its own"), ("unnamed_cold", "has a meaning of its own"),
])
def test_a_red_flag_of_a_wrong_name_is_refused(checkout: Path, name: str, problem: str) -> None:
    with pytest.raises(SetupError, match=re.escape(problem)):
        new_red_flag(name, "urgent", root=checkout)


def test_a_file_that_is_there_already_is_never_written_over(checkout: Path, write: Callable) -> None:
    path = checkout / "data/nlu/footwear.yml"
    write(path, "mine\n")
    domain = (checkout / "domain.yml").read_text("utf-8")
    with pytest.raises(SetupError, match="is there already; take it away, or choose another id"):
        new_topic("footwear", root=checkout)
    assert path.read_text("utf-8") == "mine\n" and not (checkout / "content/topics/footwear.yml").exists()
    assert (checkout / "domain.yml").read_text("utf-8") == domain


def test_a_topic_with_a_precaution_is_known_to_invite_to_touch(own_code: Path) -> None:
    new_topic("foot_soaks", ["heat"], own_code)
    names: dict = {}
    exec((own_code / "bot/intents.py").read_text("utf-8"), names)  # noqa: S102 - the file of names just written
    assert names["TOPICS"][-1] == "foot_soaks" and names["HANDS_ON_TOPICS"][-1] == "foot_soaks"
    assert "precautions: [heat]" in (own_code / "content/topics/foot_soaks.yml").read_text("utf-8")
    with pytest.raises(SetupError, match="'ice' is no precaution; they are: massage, heat"):
        new_topic("ice_baths", ["ice"], own_code)

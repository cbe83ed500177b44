"""`desk new topic <id>`: the files of a topic, empty where people must write, and what to do with them."""
from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from bot.content import PRECAUTIONS
from bot.desk.skeletons import refuse_name, write_files
from bot.desk.validate_phrases import FEWEST_OF_A_TOPIC
from bot.desk.yaml_edit import load_for_edit, text_of
from bot.errors import SetupError
from bot.intents import INTENTS, TOPICS
from bot.settings import ROOT

RESERVED = ("smalltalk_", "red_flag", "nlu_fallback")
STUB_MESSAGES = 5
CONTENT = """\
# Fill in what is empty; content/topics/heat_therapy.yml shows how it is done. Remarks like this one are not read.
title:    # the question as a heading, with a question mark
ask:      # the question that a suggestion sends; it must also stand in data/nlu/{id}.yml
short:    # the answer in two sentences at most
detail:   # what stands behind it, in short paragraphs
claims:   # what the article says, and how well that stands: supported, partly, unsupported, wrong
  - section:
    says:
    standing:
    wording:
sources: []     # who else says so: {{name: …, url: https://… or null, for: what it supports}}
caveat:   # names the doctor
precautions: [{precautions}]
related: []     # one to three other topics
review: {{by: null, "on": null}}
"""
PHRASES = """\
version: "3.1"
nlu:
- intent: {id}
  examples: |
"""
CHECKLIST = """\
1. content/topics/{id}.yml: write the answer. Claims name the article's section; no promises (content/never_say.yml);
   reading grade 8 or lower.
2. data/nlu/{id}.yml: {fewest} phrases or more, one a line after "    - ", by different people, as they would type;
   the answer's `ask` is one of them.
3. evaluation/messages/{id}.jsonl: messages by somebody who has not seen these phrases. Never copy one into data/.
4. make validate, until it says OK.
5. make train, then .venv/bin/python -m bot ask "…"; make test; make evaluate. Say the new number of topics in README.md.
6. A clinician reads the answer and fills in its review."""


def new_topic(topic_id: str, precautions: Sequence[str] = (), root: Path = ROOT) -> list[str]:
    """Write the skeleton; the lines to print: the files, then the checklist.

    Raises:
        SetupError: the id is malformed or taken, or a file cannot be written; nothing is written then.
    """
    refuse_name(topic_id, INTENTS, RESERVED)
    for name in precautions:
        if name not in PRECAUTIONS:
            raise SetupError(f"{name!r} is no precaution; they are: {', '.join(PRECAUTIONS)}")
    if topic_id.startswith("massage_") and "massage" not in precautions:
        precautions = ["massage", *precautions]  # every massage answer carries it
    stub = [
        {"id": f"{topic_id}-{n}", "text": "", "topic": topic_id, "also": [], "tier": "none"} for n in range(1, STUB_MESSAGES + 1)
    ]
    new = {
        root / "content" / "topics" / f"{topic_id}.yml": CONTENT.format(id=topic_id, precautions=", ".join(precautions)),
        root / "data" / "nlu" / f"{topic_id}.yml": PHRASES.format(id=topic_id),
        root / "evaluation" / "messages" / f"{topic_id}.jsonl": "".join(json.dumps(row) + "\n" for row in stub),
    }
    names = root / "bot" / "intents.py"
    changed = {
        names: _with_id(names, topic_id, hands_on=bool(precautions) and not topic_id.startswith("massage_")),
        root / "domain.yml": _with_intent(root / "domain.yml", topic_id),
        root / "data" / "rules.yml": _with_rule(root / "data" / "rules.yml", topic_id),
    }
    write_files(new, changed)
    return [
        *(f"written: {path.relative_to(root)}" for path in new), *(f"changed: {path.relative_to(root)}" for path in changed),
        "", CHECKLIST.format(id=topic_id, fewest=FEWEST_OF_A_TOPIC),
    ]


def _with_id(path: Path, topic_id: str, *, hands_on: bool) -> str:
    """The names with one more topic, the last in order; also among those that a standing warning goes with."""
    text = path.read_text(encoding="utf-8")
    for name in ("TOPICS", "HANDS_ON_TOPICS") if hands_on else ("TOPICS",):
        text, times = re.subn(rf"(?ms)^({name} = \(\n.*?)^\)$", rf'\g<1>    "{topic_id}",\n)', text, count=1)
        if not times:
            raise SetupError(f"{path}: {name} is no list of one name a line; add {topic_id} there by hand")
    return text


def _with_intent(path: Path, topic_id: str) -> str:
    domain = load_for_edit(path)
    intents = domain["intents"]
    intents.insert(max((intents.index(name) for name in TOPICS if name in intents), default=-1) + 1, topic_id)
    return text_of(domain)


def _with_rule(path: Path, topic_id: str) -> str:
    file = load_for_edit(path)
    for rule in file["rules"]:
        first, second = rule["steps"]
        if second.get("action") == "action_answer" and "or" in first:
            first["or"].append({"intent": topic_id})
            return text_of(file)
    raise SetupError(f"{path}: no rule leads from topics to action_answer; add {topic_id} by hand")

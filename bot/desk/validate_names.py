"""Whether the files know the same topics, services and red flags: phrases, domain, rules, content, evaluation."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.desk.problems import Problem
from bot.desk.project import Project
from bot.intents import HANDS_ON_TOPICS, INTENTS, SMALLTALK, TOPICS
from bot.labelled_messages import LABELS, Row
from bot.yaml_files import line_at

# Set by red flags and by a low confidence, never learnt.
UNLEARNT = {"red_flag": "action_escalate", "nlu_fallback": "action_clarify"}

MOST_RELATED = 3  # buttons below an answer


def action_of(intent: str) -> str:
    """The action that an intent's rule must name."""
    if intent in UNLEARNT:
        return UNLEARNT[intent]
    if intent in TOPICS:
        return "action_answer"
    return "action_smalltalk" if intent.removeprefix("smalltalk_") in SMALLTALK else f"action_{intent}"


def check_names(project: Project) -> Iterator[Problem]:
    yield from _of_phrase_files(project)
    yield from _of_domain(project)
    yield from _of_rules(project)
    yield from _of_evaluation(project)
    for topic in project.topics.values():
        path = project.root / "content" / "topics" / f"{topic.id}.yml"
        if not 1 <= len(set(topic.related) - {topic.id}) == len(topic.related) <= MOST_RELATED:
            yield Problem(path=path, line=line_at(path, ("related",)),
                          text=f"related: must name 1 to {MOST_RELATED} other topics, each once")
        if topic.precautions and topic.id not in HANDS_ON_TOPICS:
            yield Problem(
                path=path, line=line_at(path, ("precautions",)),
                text="has precautions, but a warning told earlier would not stand beside it; add it to HANDS_ON_TOPICS in "
                     "bot/intents.py",
            )


def _of_phrase_files(project: Project) -> Iterator[Problem]:
    folder = project.root / "data" / "nlu"
    for intent in INTENTS:
        if not (folder / f"{intent}.yml").exists():
            yield Problem(path=folder / f"{intent}.yml", text="no such file; every intent needs its phrases")
    for path in sorted(folder.glob("*.yml")):
        if path.stem not in INTENTS:
            yield Problem(path=path, text="no intent of this name; add it to bot/intents.py, or take the file away")


def _of_domain(project: Project) -> Iterator[Problem]:
    domain = project.domain
    if domain is None:
        return
    path, wanted = project.root / "domain.yml", (*INTENTS, *UNLEARNT)
    intents = [name for name in listed(domain, "intents") if isinstance(name, str)]
    yield from (
        Problem(path=path, line=domain.line_of("intents"), text=f"intents: {name} is missing; add it")
        for name in wanted if name not in intents
    )
    for name, times in Counter(intents).items():
        if name not in wanted:
            yield Problem(path=path, line=domain.line_of("intents"),
                          text=f"intents: {name} is none of bot/intents.py; add it there, or take it out here")
        if times > 1:
            yield Problem(path=path, line=domain.line_of("intents"), text=f"intents: {name} stands twice; take one out")
    actions = [name for name in listed(domain, "actions") if isinstance(name, str)]
    for name in sorted({action_of(intent) for intent in wanted} - set(actions)):
        yield Problem(path=path, line=domain.line_of("actions"), text=f"actions: {name} is missing; add it")


def _of_rules(project: Project) -> Iterator[Problem]:
    file = project.rule_file
    if file is None:
        return
    path, line = project.root / "data" / "rules.yml", file.line_of("rules")
    actions: dict[str, list[str]] = {}
    for rule in listed(file, "rules"):
        steps = rule.get("steps") if isinstance(rule, dict) else None
        if not isinstance(steps, list) or len(steps) != 2 or not all(isinstance(step, dict) for step in steps):
            yield Problem(path=path, line=line, text=f"a rule is one step of intents and one action; mend {rule!r:.80}")
            continue
        for intent in intents_of(steps[0]):
            actions.setdefault(intent, []).append(str(steps[1].get("action")))
    for intent in (*INTENTS, *UNLEARNT):
        found = actions.pop(intent, [])
        if not found:
            yield Problem(path=path, line=line, text=f"{intent} is in no rule; add it to the rule with {action_of(intent)}")
        elif found != [action_of(intent)]:
            yield Problem(path=path, line=line,
                          text=f"{intent} leads to {', '.join(found)}; it must lead to {action_of(intent)}, once")
    for intent in actions:
        yield Problem(path=path, line=line, text=f"{intent} is no intent of bot/intents.py; add it there, or take it out here")


def intents_of(step: Mapping[str, Any]) -> list[str]:
    """The intents of a rule's first step."""
    inner = [step] if "intent" in step else [part for part in listed(step, "or") if isinstance(part, dict)]
    return [str(part["intent"]) for part in inner if "intent" in part]


def listed(mapping: Mapping[str, Any], key: str) -> list[Any]:
    """A list of a file that Rasa reads; empty where it is none, so that what should be in it is told as missing."""
    value = mapping.get(key)
    return value if isinstance(value, list) else []


def _of_evaluation(project: Project) -> Iterator[Problem]:
    asked = {label for row in project.rows if row.path.parent.name == "messages" for label in labels_of(row)}
    for label in LABELS:
        if label not in asked:
            yield Problem(
                path=project.root / "evaluation" / "messages",
                text=f"no message asks {label}; have somebody who has not seen the training phrases write some",
            )


def labels_of(row: Row) -> set[str]:
    """The topics and services that a row's messages ask."""
    return {label for message in row.messages for label in (message.topic, *message.topics) if label}

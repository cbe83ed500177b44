"""Whether a clinician's review of an answer still stands: no older than a year, and of the words as they are now."""
from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.content import Topic
from bot.desk.problems import Problem
from bot.desk.project import Project
from bot.yaml_files import line_at

LASTS = dt.timedelta(days=365)
_WORDS = ("title", "ask", "short", "detail", "claims", "sources", "caveat", "precautions")  # what a clinician has read


def check_reviews(project: Project, today: dt.date) -> Iterator[Problem]:
    """Answers that nobody has reviewed yet are one warning together; a review that has run out is an error each."""
    folder = project.root / "content" / "topics"
    waiting = [topic.id for topic in project.topics.values() if not topic.reviewed_on]
    if waiting:
        yield Problem(
            path=folder, is_warning=True,
            text=f"{len(waiting)} answers wait for a clinician; who has read one fills in review: {{by: …, on: …}}",
        )
    for topic in project.topics.values():
        path = folder / f"{topic.id}.yml"
        for text in _run_out(topic, path, project.root, today):
            yield Problem(path=path, line=line_at(path, ("review",)), text=text)


def _run_out(topic: Topic, path: Path, root: Path, today: dt.date) -> Iterator[str]:
    if (topic.reviewed_on is None) != (topic.reviewed_by is None):
        yield "review: needs both who read the answer and when, or null for both"
    if topic.reviewed_on is None:
        return
    on = dt.date.fromisoformat(topic.reviewed_on)
    if on > today:
        yield f"review.on: {on} is yet to come; write the day on which it was read"
    if today - on > LASTS:
        yield f"review: ran out on {on + LASTS}; have a clinician read the answer again and write the day"
    edited = changed_since_review(path, root, topic.reviewed_on)
    if edited:
        yield f"review: {', '.join(edited)} changed after it; have a clinician read the answer again and write the day"


def changed_since_review(path: Path, root: Path, reviewed_on: str) -> list[str]:
    """The parts of an answer that are not as they were in the commit that brought the review's date in.

    Nothing where that cannot be told: no git, no history, or the review is not committed yet.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    name = path.relative_to(root).as_posix()
    commits = _git(root, "log", "--format=%H", f"-S{reviewed_on}", "--", name).split()
    then = _git(root, "show", f"{commits[0]}:./{name}") if commits else ""
    try:
        before, now = (YAML(typ="safe").load(text) for text in (then, path.read_text(encoding="utf-8")))
    except YAMLError:
        return []
    if not isinstance(before, dict) or str((before.get("review") or {}).get("on")) != reviewed_on:
        return []
    return [key for key in _WORDS if before.get(key) != now.get(key)]


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False, encoding="utf-8", timeout=10)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout if done.returncode == 0 else ""

"""A checkout in small, to be broken: enough phrases for every intent and red flag, and all the rest as it stands."""
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content import load_content
from bot.desk.validate_phrases import FEWEST_OF_A_RED_FLAG, fewest
from bot.settings import ROOT, read_settings

PARTS = ("bot", "clinics", "content", "data", "evaluation")
SOME = 5  # lines of a file that none needs more of
FILES = ("CONTRIBUTING.md", "Makefile", "config.yml", "domain.yml")


@pytest.fixture(scope="session")
def small_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small") / "checkout"
    for name in PARTS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    topics = load_content().topics
    for path in (root / "data" / "nlu").iterdir():
        head, _, rest = path.read_text(encoding="utf-8").partition("examples: |\n")
        lines = rest.splitlines()[:fewest(path.stem)]
        if path.stem in topics and f"    - {topics[path.stem].ask}" not in lines:
            lines.append(f"    - {topics[path.stem].ask}")
        path.write_text(head + "examples: |\n" + "\n".join(lines) + "\n", encoding="utf-8")
    for path in (root / "data" / "red_flags").iterdir():
        lines = path.read_text(encoding="utf-8").splitlines()
        few = SOME if path.stem.startswith("none_") else FEWEST_OF_A_RED_FLAG
        path.write_text("\n".join(lines[:few]) + "\n", encoding="utf-8")
    asked: set[str] = set()
    for path in sorted((root / "evaluation").rglob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        of_new = [line for line in lines[SOME:] if path.parent.name == "messages" and label_of(line) not in asked
                  and not asked.add(label_of(line))]
        path.write_text("\n".join([*lines[:SOME], *of_new]) + "\n", encoding="utf-8")
    return root


def label_of(line: str) -> str:
    return json.loads(line).get("topic") or ""


@pytest.fixture
def checkout(small_checkout: Path, tmp_path: Path) -> Path:
    """One of one's own. Its files are links: write with `write` or `edit`, which put a new file in their place."""
    return Path(shutil.copytree(small_checkout, tmp_path / "checkout", copy_function=os.link))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The red flags' words where they are made already; making them takes seconds."""
    folder = tmp_path_factory.mktemp("var")
    for path in read_settings().var.glob("red-flags-*.json"):
        shutil.copy(path, folder / path.name)
    return folder


def write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}: mend this test"
    write(path, text.replace(old, new, 1))


@pytest.fixture(name="write")
def _write() -> Callable[[Path, str], None]:
    return write


@pytest.fixture(name="edit")
def _edit() -> Callable[[Path, str, str], None]:
    return edit

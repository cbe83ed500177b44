"""The kept lexicon: the same as one made anew, made anew when content changes, never a reason to fail."""
from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.red_flag_lexicon import load_rules, make_lexicon
from bot.red_flag_rules import load_rule_book
from bot.red_flags import RedFlags
from bot.settings import ROOT


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of content/ with few findings, so that it is read in a moment."""
    folder = tmp_path_factory.mktemp("content")
    for name in ("red_flags_context.yml", "red_flags_lifted.yml", "red_flags_other_people.yml", "red_flags_played_down.yml",
                 "spelling.yml"):
        shutil.copy(ROOT / "content" / name, folder / name)
    (folder / "findings").mkdir()
    (folder / "findings" / "few.yml").write_text(
        "toe:\n  anchor: true\n  phrases: [toe, toes]\nblack:\n  phrases: [black, like charcoal]\n"
        "old:\n  phrases: [in <year>]\n", encoding="utf-8")
    (folder / "red_flags").mkdir()
    text = (ROOT / "content" / "red_flags" / "black_toe.yml").read_text(encoding="utf-8")
    head = text[:text.index("patterns:")]
    (folder / "red_flags" / "black_toe.yml").write_text(
        f"{head}patterns: [toe & black & !old]\nwordings: [my toe is black]\nnear_misses: [my sock is black]\n",
        encoding="utf-8")
    return folder


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("red-flags-*"))


def test_what_is_kept_is_what_would_be_made(content: Path, tmp_path: Path) -> None:
    made, kept_one = load_rules(tmp_path, content), load_rules(tmp_path, content)
    assert len(kept(tmp_path)) == 1
    for (book, lexicon) in (made, kept_one):
        assert book == load_rule_book(content) and asdict(lexicon) == asdict(make_lexicon(book))
    checks = RedFlags(*kept_one)
    assert [flag.id for flag in checks.check("his toe looks like charcoal")] == ["black_toe"]
    assert checks.check("his toe went black in 1999") == []


def test_a_changed_finding_is_read_anew_and_the_old_file_goes(content: Path, tmp_path: Path) -> None:
    copy, cache = tmp_path / "content", tmp_path / "var"
    shutil.copytree(content, copy)
    load_rules(cache, copy)
    first = kept(cache)
    findings = copy / "findings" / "few.yml"
    findings.write_text(findings.read_text(encoding="utf-8").replace("like charcoal", "like tar"), encoding="utf-8")
    book, _ = load_rules(cache, copy)
    assert "like tar" in book.findings["black"].phrases
    assert len(kept(cache)) == 1 and kept(cache) != first


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"book": {}}', "\x00"])
def test_a_broken_file_is_made_anew(content: Path, tmp_path: Path, broken: str) -> None:
    load_rules(tmp_path, content)
    kept(tmp_path)[0].write_text(broken, encoding="utf-8")
    book, _ = load_rules(tmp_path, content)
    assert book == load_rule_book(content)
    assert len(kept(tmp_path)[0].read_text(encoding="utf-8")) > len(broken)


def test_a_folder_that_cannot_be_written_costs_time_only(content: Path, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be", encoding="utf-8")
    assert load_rules(tmp_path / "var", content)[0] == load_rule_book(content)
    assert load_rules(None, content)[0] == load_rule_book(content)


def test_broken_content_is_told_with_its_file_and_nothing_is_kept(content: Path, tmp_path: Path) -> None:
    copy, cache = tmp_path / "content", tmp_path / "var"
    shutil.copytree(content, copy)
    (copy / "findings" / "few.yml").write_text("toe:\n  phrases: toe\n", encoding="utf-8")
    with pytest.raises(DataFileError, match="few.yml"):
        load_rules(cache, copy)
    assert kept(cache) == []

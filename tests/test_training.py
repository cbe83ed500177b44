"""A model fits a checkout by what it was made from, not by dates; nothing is trained twice."""
from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot import training
from bot.errors import DataFileError, SetupError
from bot.model_record import beside, make_record, read_record, write_record
from bot.releases import Release, add_releases
from bot.server_reports import Report, ReportFile
from bot.settings import ROOT, Settings, read_settings
from bot.training import INPUTS, PROGRAM, ensure_model, fingerprint, latest_model, model_path, trained_models


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small checkout that has every input."""
    for name in INPUTS:
        path = tmp_path / name
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name}\n")
        else:
            (path / "inner").mkdir(parents=True)
            (path / "inner" / "file.yml").write_text(f"{name}\n")
    return tmp_path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(read_settings({}), models=tmp_path / "models")


@pytest.fixture
def trained(monkeypatch) -> list[Path]:
    """In place of minutes of training: writes the file, and notes that it did."""
    made: list[Path] = []

    def train(path: Path) -> None:
        made.append(path)
        path.write_bytes(b"model")

    monkeypatch.setattr(training, "_train", train)
    return made


def files_of(root: Path, name: str) -> Path:
    return root / name if (root / name).is_file() else root / name / "inner" / "file.yml"


def test_every_input_of_the_checkout_exists() -> None:
    assert [name for name in INPUTS if not (ROOT / name).exists()] == []


def test_every_module_that_the_pipeline_reads_with_is_an_input() -> None:
    """What bot/nlu imports of the core decides what is learned: a change there asks for training."""
    import ast

    named = set()
    for path in (ROOT / "bot" / "nlu").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot."):
                named.add(node.module.replace(".", "/"))
    # Exceptions, folders, names of tiers and of topics.
    harmless = {"bot/errors", "bot/settings", "bot/reply", "bot/content"}
    covered = {name for name in named if name.startswith("bot/nlu") or f"{name}.py" in INPUTS}
    assert named - covered - harmless == set()


@pytest.mark.parametrize("name", INPUTS)
def test_fingerprint_changes_with_each_input(root: Path, name: str) -> None:
    before = fingerprint(root)
    files_of(root, name).write_text("something else\n")
    assert fingerprint(root) != before


@pytest.mark.parametrize("name", [name for name in INPUTS if not Path(name).suffix])
def test_fingerprint_changes_when_a_file_is_added_renamed_or_removed(root: Path, name: str) -> None:
    seen = {fingerprint(root)}
    added = root / name / "new.yml"
    added.write_text("")
    seen.add(fingerprint(root))
    added.rename(added.with_name("newer.yml"))
    seen.add(fingerprint(root))
    files_of(root, name).unlink()
    seen.add(fingerprint(root))
    assert len(seen) == 4


def test_fingerprint_changes_when_two_files_swap_their_contents(root: Path) -> None:
    one, two = root / "data" / "inner" / "file.yml", root / "data" / "two.yml"
    two.write_text("two")
    before = fingerprint(root)
    first = one.read_text()
    one.write_text(two.read_text())
    two.write_text(first)
    assert fingerprint(root) != before


@pytest.mark.parametrize("name", ["content/topics/massage_safety.yml", "content/voice.yml", "clinics/demo.yml",
                                  "bot/compose.py", "README.md", "bot/nlu/__pycache__/x.cpython-310.pyc"])
def test_fingerprint_stays_when_something_else_changes(root: Path, name: str) -> None:
    before = fingerprint(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("new words")
    assert fingerprint(root) == before


def test_fingerprint_does_not_look_at_dates_or_places(root: Path, tmp_path_factory) -> None:
    before = fingerprint(root)
    for path in root.rglob("*"):
        os.utime(path, (1, 1))
    assert fingerprint(root) == before
    elsewhere = tmp_path_factory.mktemp("other") / "checkout"
    shutil.copytree(root, elsewhere)
    assert fingerprint(elsewhere) == before


def test_fingerprint_changes_with_a_library(root: Path, monkeypatch) -> None:
    before = fingerprint(root)
    real = training.metadata.version
    for library in training.LIBRARIES:
        monkeypatch.setattr(training.metadata, "version", lambda name, it=library: "9" if name == it else real(name))
        assert fingerprint(root) != before, library


def test_model_is_trained_once_and_used_again(settings: Settings, trained, house) -> None:
    path = ensure_model(settings)
    assert path == model_path(settings) == latest_model(settings)
    assert path.name == f"footnote-{fingerprint()}.tar.gz"
    os.utime(path, (1, 1))
    assert ensure_model(settings) == path
    assert len(trained) == 1


def test_models_of_older_checkouts_are_kept_for_a_while(settings: Settings, trained, house) -> None:
    settings.models.mkdir()
    for n in range(8):
        old = settings.models / f"footnote-old{n}.tar.gz"
        old.write_bytes(b"")
        os.utime(old, (1_000_000 + n, 1_000_000 + n))
    path = ensure_model(settings)
    assert len(list(settings.models.iterdir())) == training.KEEP_MODELS
    assert path.is_file() and (settings.models / "footnote-old7.tar.gz").is_file()
    assert not (settings.models / "footnote-old3.tar.gz").exists()


def test_missing_model_is_told_with_the_verb_that_makes_it(settings: Settings) -> None:
    with pytest.raises(SetupError) as raised:
        latest_model(settings)
    assert str(raised.value) == "no trained model fits this checkout; run: make train"


def test_full_disk_is_told_before_anything_is_trained(settings: Settings, trained, house, monkeypatch) -> None:
    monkeypatch.setattr(training.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(SetupError) as raised:
        ensure_model(settings)
    assert str(raised.value) == f"{settings.models}: less than 300 MB free; free some space and try again"
    assert trained == []


def test_broken_content_is_told_before_anything_is_trained(settings: Settings, trained, monkeypatch) -> None:
    def broken():
        raise DataFileError("content/voice.yml", "x")

    monkeypatch.setattr("bot.turn.default_house", broken)
    with pytest.raises(DataFileError):
        ensure_model(settings)
    assert trained == []


@pytest.mark.parametrize(("program", "message"), [
    ("import sys; sys.exit(1)", "training failed"),
    ("import sys; open(sys.argv[1], 'w').close(); sys.exit(1)", "training failed"),  # half a model
    ("pass", "training failed"),  # ended well, and left nothing
])
def test_failed_training_leaves_no_model_behind(settings, house, monkeypatch, program: str, message: str) -> None:
    run = training.subprocess.run
    monkeypatch.setattr(
        training.subprocess, "run", lambda command, **more: run([command[0], "-c", program, command[-1]], **more))
    with pytest.raises(SetupError) as raised:
        ensure_model(settings)
    assert str(raised.value) == "training failed; its messages stand above. Mend what they name and run: make train"
    assert list(settings.models.iterdir()) == []


def test_finished_training_is_moved_into_its_place(settings: Settings, house, monkeypatch) -> None:
    run = training.subprocess.run
    program = "import sys; open(sys.argv[1], 'w').write('model')"
    monkeypatch.setattr(
        training.subprocess, "run", lambda command, **more: run([command[0], "-c", program, command[-1]], **more))
    path = ensure_model(settings)
    record = beside(path, "record")
    assert sorted(file.name for file in settings.models.iterdir()) == sorted([path.name, record.name])
    assert path.read_text() == "model"
    noted = read_record(path)
    assert (noted.fingerprint, noted.size, noted.sha256) == (fingerprint(), 5, hashlib.sha256(b"model").hexdigest())
    assert noted.program == fingerprint(inputs=PROGRAM) and "massage_safety" in noted.intents


def test_disk_that_fills_up_at_the_end_of_training_leaves_no_model(settings: Settings, house, monkeypatch) -> None:
    run = training.subprocess.run
    program = "import sys; open(sys.argv[1], 'w').write('model')"
    monkeypatch.setattr(
        training.subprocess, "run", lambda command, **more: run([command[0], "-c", program, command[-1]], **more))

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bot.model_record.os.fsync", full)
    with pytest.raises(SetupError, match="was trained but cannot be kept: No space left on device"):
        ensure_model(settings)
    assert list(settings.models.iterdir()) == []


def test_killed_training_is_no_model_and_the_next_one_trains(settings: Settings, house, monkeypatch) -> None:
    """Half an archive lies where the killed process left it; it is never taken for a model."""
    settings.models.mkdir()
    half = model_path(settings).with_name(model_path(settings).name.replace("footnote-", "part-"))
    half.write_bytes(b"mod")
    assert trained_models(settings) == []
    with pytest.raises(SetupError, match="no trained model fits"):
        latest_model(settings)
    monkeypatch.setattr(training, "_train", lambda path: path.write_bytes(b"model"))
    assert ensure_model(settings).read_bytes() == b"model"


@pytest.mark.parametrize("damage", [b"mod", b"mOdel"])
def test_damaged_archive_is_trained_anew(settings: Settings, trained, house, capsys, damage: bytes) -> None:
    path = ensure_model(settings)
    write_record(make_record(path, model=path.name, fingerprint="f", program="p", intents=()), settings.models)
    assert ensure_model(settings) == path and len(trained) == 1
    path.write_bytes(damage)
    assert ensure_model(settings).read_bytes() == b"model" and len(trained) == 2
    assert path.name in capsys.readouterr().out


def test_archives_that_are_served_or_can_be_gone_back_to_are_not_cleared_away(settings, trained, house) -> None:
    settings.models.mkdir()
    for n in range(8):
        old = settings.models / f"footnote-old{n}.tar.gz"
        old.write_bytes(b"")
        for what in ("record", "figures"):
            beside(old, what).write_text("{}")
        os.utime(old, (1_000_000 + n, 1_000_000 + n))
    common = {"sha256": "", "size": 0, "by": "jo"}
    add_releases(settings.models, Release(model="footnote-old0.tar.gz", action="found", **common),
                 Release(model="footnote-old1.tar.gz", action="ship", **common), expected=0)
    ReportFile(settings.models).write(Report(server="s", state="serving", model="footnote-old2.tar.gz", number=2))
    ensure_model(settings)
    kept = {path.name for path in trained_models(settings)}
    assert {f"footnote-old{n}.tar.gz" for n in (0, 1, 2, 7)} <= kept and "footnote-old3.tar.gz" not in kept
    assert not beside(settings.models / "footnote-old3.tar.gz", "record").exists()
    assert beside(settings.models / "footnote-old1.tar.gz", "figures").exists()

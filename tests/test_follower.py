"""A server follows the book: it swaps to what is named, and stays with what it has where that is broken."""
from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import EngineNotReady, ModelRefused
from bot.follower import Follower
from bot.model_record import make_record, write_record
from bot.releases import BOOK, Release, add_releases, read_releases
from bot.server_reports import Report, ReportFile, live_reports
from bot.settings import Settings, read_settings
from bot.training import PROGRAM, fingerprint


class FakeEngine:
    model: str | None = "footnote-a.tar.gz"

    def __init__(self) -> None:
        self.swapped, self.dropped, self.raises = [], 0, None

    def wait(self, seconds: float) -> None:
        if self.model is None:
            raise EngineNotReady("broken")

    def swap(self, path: Path) -> None:
        if self.raises:
            raise self.raises
        self.model = path.name
        self.swapped.append(path.name)

    def drop_spare(self) -> None:
        self.dropped += 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(read_settings({}), models=tmp_path)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def follower(settings, engine, clock):
    follower = Follower(settings, engine, number=0, keep_spare=10.0, clock=lambda: clock[0])
    yield follower
    follower.close()


@pytest.fixture
def name(settings):
    """Writes a model into the book."""

    def write(fingerprint_of_it: str, **changes) -> Release:
        path = settings.models / f"footnote-{fingerprint_of_it}.tar.gz"
        path.write_bytes(fingerprint_of_it.encode())
        record = make_record(path, model=path.name, fingerprint=fingerprint_of_it, program=fingerprint(inputs=PROGRAM), intents=())
        write_record(record, settings.models)
        release = Release(model=path.name, sha256=record.sha256, size=record.size, action="ship", by="jo")
        number = read_releases(settings.models).number
        return add_releases(settings.models, replace(release, **changes), expected=number).current

    return write


def said(settings) -> tuple[str, str | None, int]:
    (report,) = live_reports(settings.models)
    return report.state, report.model, report.number


def test_named_model_is_swapped_in_once_and_reported(follower, engine, settings, name) -> None:
    follower.look()
    assert engine.swapped == []
    name("b")
    follower.look()
    follower.look()
    assert engine.swapped == ["footnote-b.tar.gz"] and said(settings) == ("serving", "footnote-b.tar.gz", 1)


def test_entry_that_the_server_was_started_with_is_not_followed(settings, engine, name) -> None:
    name("b")
    Follower(settings, engine, number=1).look()
    assert engine.swapped == []


def test_entry_written_between_choosing_the_model_and_following_is_not_missed(settings, engine, name) -> None:
    name("b")
    Follower(settings, engine, number=0).look()
    assert engine.swapped == ["footnote-b.tar.gz"]


def test_old_model_is_dropped_after_its_time_and_not_before(follower, engine, name, clock) -> None:
    name("b")
    follower.look()
    clock[0] = 9.9
    follower.look()
    assert engine.dropped == 0
    clock[0] = 10.0
    follower.look()
    clock[0] = 30.0
    follower.look()
    assert engine.dropped == 1


@pytest.mark.parametrize(("changes", "message"), [
    ({"sha256": "0" * 64}, "has other bytes"), ({"size": 7}, "cut short"), ({"model": "footnote-x.tar.gz"}, "is not in"),
])
def test_broken_archive_is_refused_and_the_next_entry_followed(
    follower, engine, settings, name, caplog, changes, message: str
) -> None:
    name("b", **changes)
    with caplog.at_level(logging.ERROR):
        follower.look()
    assert engine.swapped == [] and said(settings) == ("refused", "footnote-a.tar.gz", 1)
    assert message in caplog.text and "footnote-a.tar.gz serves on" in caplog.text
    name("c")
    follower.look()
    assert engine.swapped == ["footnote-c.tar.gz"]


@pytest.mark.parametrize(("error", "message"), [
    (ModelRefused("failed its self-test"), "failed its self-test"), (RuntimeError("secret"), "footnote-b.tar.gz: RuntimeError"),
])
def test_model_that_the_engine_refuses_is_reported(follower, engine, settings, name, error, message: str) -> None:
    engine.raises = error
    name("b")
    follower.look()
    (report,) = live_reports(settings.models)
    assert (report.state, report.model, report.message) == ("refused", "footnote-a.tar.gz", message)


def test_broken_book_changes_nothing(follower, engine, settings, name, caplog) -> None:
    (settings.models / BOOK).write_text("{")
    follower.look()
    assert engine.swapped == [] and "footnote-a.tar.gz serves on" in caplog.text
    os.unlink(settings.models / BOOK)
    follower.look()
    name("b")
    follower.look()
    assert engine.swapped == ["footnote-b.tar.gz"]


def test_server_whose_model_is_broken_takes_one_that_is_shipped(settings, engine, name) -> None:
    engine.model = None
    follower = Follower(settings, engine, number=0, every=0.01)
    follower.start()
    try:
        name("b")
        for _ in range(500):
            if engine.swapped:
                break
            follower._stopping.wait(0.01)
    finally:
        follower.close()
    assert engine.swapped == ["footnote-b.tar.gz"]
    assert list((settings.models / "servers").iterdir()) == [], "a server that ends takes its report along"


def test_report_of_a_process_that_was_killed_does_not_count(settings) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    report = Report(server="x", state="serving", model="m", number=0)
    ReportFile(settings.models).write(report)
    (mine,) = (settings.models / "servers").iterdir()
    mine.rename(mine.with_name(f"{socket.gethostname()}-{process.pid}.json"))
    assert live_reports(settings.models) == []
    next((settings.models / "servers").iterdir()).rename(mine.with_name("elsewhere-1.json"))
    assert live_reports(settings.models) == [report], "of another machine only its heartbeat is known"


def test_report_that_cannot_be_written_does_not_stop_serving(follower, engine, name, monkeypatch, caplog) -> None:
    name("b")

    def full(path, values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.server_reports.write_json", full)
    follower.look()
    assert engine.swapped == ["footnote-b.tar.gz"] and "No space left on device" in caplog.text

"""A folder of small archives with their records, a fake engine, and comparisons made by hand: no model, no Rasa."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.desk.compare import Comparison
from bot.errors import ModelRefused
from bot.model_record import make_record, write_record
from bot.settings import Settings, read_settings
from bot.training import PROGRAM, fingerprint


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "models").mkdir()
    return replace(read_settings({}), models=tmp_path / "models", var=tmp_path / "var")


@pytest.fixture(scope="session")
def program() -> str:
    return fingerprint(inputs=PROGRAM)


@pytest.fixture
def archive(settings, program):
    """Makes models/footnote-<name>.tar.gz, trained by this program."""

    def make(name: str, *, program: str = program, intents: tuple[str, ...] = ("massage_safety",)) -> Path:
        path = settings.models / f"footnote-{name}.tar.gz"
        path.write_bytes(f"model {name}".encode())
        write_record(
            make_record(path, model=path.name, fingerprint=name, program=program, intents=intents), settings.models)
        return path

    return make


class FakeEngine:
    """Loads what it is told to, unless it must refuse."""

    def __init__(self, model: Path) -> None:
        self.path, self.refuses, self.swapped, self.dropped = model, "", [], 0

    @property
    def model(self) -> str:
        return self.path.name

    def wait(self, seconds: float) -> None:
        pass

    def swap(self, path: Path) -> None:
        if self.refuses:
            raise ModelRefused(f"{path.name} {self.refuses}")
        self.path = path
        self.swapped.append(path.name)

    def drop_spare(self) -> None:
        self.dropped += 1


@pytest.fixture
def fake_engine():
    return FakeEngine


@pytest.fixture
def comparison():
    """In place of minutes of measuring: the comparison that `ship` asks for."""

    def make(*, below_floor: tuple[str, ...] = (), pairs: list | None = None):
        def compared(first: Path | None, second: Path) -> Comparison:
            if pairs is not None:
                pairs.append((first and first.name, second.name))
            return Comparison(
                first=first and first.name, second=second.name, figures={}, topics={}, worse=(), better=(), other=(),
                missed=(), below_floor=below_floor, unanswered=(),
            )

        return compared

    return make

"""Which model a server starts with: docs/shipping.md as a table."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot import training
from bot.errors import SetupError
from bot.model_record import beside, make_record, write_record
from bot.releases import BOOK, Release, add_releases, read_releases
from bot.settings import Settings, read_settings
from bot.start_model import start_model
from bot.training import PROGRAM, fingerprint, model_path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(read_settings({}), models=tmp_path)


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """In place of minutes of training."""
    made: list[str] = []

    def train(path: Path) -> None:
        made.append(path.name)
        path.write_bytes(b"trained here")

    monkeypatch.setattr(training, "_train", train)
    return made


@pytest.fixture
def shipped(settings):
    """Puts a model into the folder and the book."""

    def write(name: str, *, program: str | None = None) -> Path:
        path = settings.models / name
        path.write_bytes(name.encode())
        record = make_record(
            path, model=name, fingerprint=name, program=program or fingerprint(inputs=PROGRAM), intents=())
        write_record(record, settings.models)
        release = Release(model=name, sha256=record.sha256, size=record.size, action="ship", by="jo")
        add_releases(settings.models, release, expected=read_releases(settings.models).number)
        return path

    return write


@pytest.mark.parametrize("newest", [True, False])
def test_plain_checkout_trains_and_serves_what_stands_in_it(settings, trained, house, newest: bool) -> None:
    for _ in range(2):
        start = start_model(settings, newest=newest)
        assert (start.path, start.number, start.notes) == (model_path(settings), 0, ())
    assert trained == [model_path(settings).name] and not (settings.models / BOOK).exists()


@pytest.mark.parametrize("newest", [True, False])
def test_shipped_model_that_fits_the_checkout_is_served(settings, trained, shipped, newest: bool) -> None:
    path = shipped(model_path(settings).name)
    start = start_model(settings, newest=newest)
    assert (start.path, start.number, start.notes, trained) == (path, 1, (), [])


def test_phrase_edited_after_shipping_serves_the_new_model_to_who_runs_make_run(
    settings, trained, house, shipped
) -> None:
    shipped("footnote-a.tar.gz")
    start = start_model(settings, newest=True)
    assert (start.path, start.number) == (model_path(settings), 1) and len(trained) == 1
    assert "footnote-a.tar.gz was shipped" in start.notes[0] and "which nobody has compared" in start.notes[0]


def test_phrase_edited_after_shipping_leaves_a_clinics_server_with_what_was_shipped(settings, trained, shipped) -> None:
    path = shipped("footnote-a.tar.gz")
    start = start_model(settings, newest=False)
    assert (start.path, start.number, trained) == (path, 1, [])
    assert start.notes[0].startswith("Serving footnote-a.tar.gz, which was shipped.")


@pytest.mark.parametrize("damage", ["cut", "tampered", "gone", "foreign"])
def test_shipped_model_that_is_broken_gives_way_to_the_one_before(settings, trained, shipped, damage: str) -> None:
    a = shipped("footnote-a.tar.gz")
    b = shipped("footnote-b.tar.gz", program="older" if damage == "foreign" else None)
    {"cut": lambda: b.write_bytes(b"foot"), "tampered": lambda: b.write_bytes(b"x" * b.stat().st_size),
     "gone": b.unlink, "foreign": lambda: None}[damage]()
    start = start_model(settings, newest=False)
    assert (start.path, start.number, trained) == (a, 2, [])
    assert start.notes[0].startswith("footnote-b.tar.gz ") and start.notes[0].endswith("; trying another")


def test_where_no_shipped_model_is_whole_the_checkouts_is_trained(settings, trained, house, shipped) -> None:
    for name in ("footnote-a.tar.gz", "footnote-b.tar.gz"):
        shipped(name).write_bytes(b"")
    start = start_model(settings, newest=False)
    assert start.path == model_path(settings) and len(trained) == 1 and len(start.notes) == 2


def test_model_served_before_the_first_shipping_needs_no_record(settings, trained, shipped) -> None:
    path = shipped("footnote-a.tar.gz")
    beside(path, "record").unlink()
    assert start_model(settings, newest=False).path == path


def test_unreadable_book_stops_the_start(settings, trained) -> None:
    (settings.models / BOOK).write_text("{")
    with pytest.raises(SetupError, match="cannot be read"):
        start_model(settings, newest=False)
    assert trained == []

"""Shipping, refusing, taking back: the book in models/, and what fake servers make of it."""
from __future__ import annotations

import errno
import multiprocessing
import time
from contextlib import contextmanager

import pytest

from bot.command_line import main
from bot.desk.models import named_model, newest_model, served_model
from bot.desk.ship import rollback, ship
from bot.errors import ModelRefused, SetupError
from bot.follower import Follower
from bot.model_record import beside, write_json
from bot.releases import BOOK, Release, Releases, add_releases, read_releases
from bot.server_reports import Report, ReportFile, live_reports


def wait_for_server(settings) -> None:
    until = time.monotonic() + 10
    while not live_reports(settings.models):
        assert time.monotonic() < until, "no server has reported"
        time.sleep(0.01)


def book(settings) -> list[tuple[str, str]]:
    return [(entry.action, entry.model) for entry in read_releases(settings.models).entries]


@contextmanager
def server(settings, engine, *, number: int = 0):
    follower = Follower(settings, engine, number=number, every=0.02)
    follower.start()
    try:
        yield follower
    finally:
        follower.close()


def put(settings, archive, comparison, name: str, **more):
    return ship(settings, archive(name), by="jo", compared=comparison(), **more)


# What is written

def test_first_shipping_notes_what_was_served_before(settings, archive, comparison, fake_engine) -> None:
    a, b, pairs = archive("a"), archive("b"), []
    with server(settings, fake_engine(a)):
        wait_for_server(settings)
        shipped = ship(settings, b, by="jo", compared=comparison(pairs=pairs))
    assert pairs == [(a.name, b.name)]
    assert book(settings) == [("found", a.name), ("ship", b.name)]
    assert shipped.release.number == 2 and shipped.release.by == "jo" and shipped.release.at
    assert [(r.state, r.model, r.number) for r in shipped.reports] == [("serving", b.name, 2)]


def test_without_a_server_the_book_alone_is_written(settings, archive, comparison) -> None:
    assert put(settings, archive, comparison, "a").reports == ()
    assert book(settings) == [("ship", "footnote-a.tar.gz")]
    assert served_model(settings).name == "footnote-a.tar.gz"


def test_what_is_served_already_is_not_shipped_again(settings, archive, comparison) -> None:
    put(settings, archive, comparison, "a")
    with pytest.raises(ModelRefused, match="^footnote-a.tar.gz is what is served already$"):
        put(settings, archive, comparison, "a")


# What is refused

def break_bytes(path):
    path.write_bytes(b"X" * path.stat().st_size)


@pytest.mark.parametrize(("damage", "message"), [
    (lambda path: path.write_bytes(path.read_bytes()[:3]), "has 3 bytes instead of 7: cut short or replaced"),
    (break_bytes, "has other bytes than when it was trained"),
    (lambda path: path.unlink(), "is not in models/"),
    (lambda path: beside(path, "record").unlink(), "it was not trained here"),
    (lambda path: beside(path, "record").write_text("{"), "cannot be read"),
    (lambda path: beside(path, "record").write_text("[]"), "cannot be read"),
    (lambda path: beside(path, "record").write_text(
        beside(path, "record").read_text().replace("footnote-b", "footnote-c")), "is the record of footnote-c"),
])
def test_broken_tampered_or_foreign_archive_is_refused(settings, archive, comparison, damage, message: str) -> None:
    put(settings, archive, comparison, "a")
    b = archive("b")
    damage(b)
    with pytest.raises(ModelRefused, match=message):
        ship(settings, b, by="jo", force=True, reason="no force helps", compared=comparison())
    assert book(settings) == [("ship", "footnote-a.tar.gz")]


@pytest.mark.parametrize(("other", "message"), [
    ({"program": "older"}, "was trained by another version of the program"),
    ({"intents": ("massage_safety", "footwear")}, "knows intents that have no answer here: footwear"),
])
def test_model_of_another_version_is_refused(settings, archive, comparison, other, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        ship(settings, archive("b", **other), by="jo", compared=comparison())
    assert book(settings) == []


def test_archive_that_is_changed_while_it_is_measured_is_refused(settings, archive, comparison) -> None:
    b = archive("b")

    def compared(first, second):
        break_bytes(second)
        return comparison()(first, second)

    with pytest.raises(ModelRefused, match="other bytes"):
        ship(settings, b, by="jo", compared=compared)
    assert book(settings) == []


def test_model_with_objections_is_not_shipped(settings, archive, comparison) -> None:
    with pytest.raises(ModelRefused) as raised:
        ship(settings, archive("b"), by="jo", compared=comparison(below_floor=("caveat is 0.9",)))
    assert "below the floor: caveat is 0.9" in str(raised.value) and "--force" in str(raised.value)
    assert book(settings) == []


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_force_needs_a_reason(settings, archive, comparison, reason) -> None:
    with pytest.raises(ModelRefused, match="needs a reason"):
        ship(settings, archive("b"), by="jo", force=True, reason=reason, compared=comparison())


def test_forced_model_is_shipped_and_reason_and_objections_are_recorded(settings, archive, comparison) -> None:
    ship(settings, archive("b"), by="jo", force=True, reason=" the label is wrong ",
         compared=comparison(below_floor=("caveat is 0.9",)))
    entry = read_releases(settings.models).current
    assert (entry.reason, entry.forced_over) == ("the label is wrong", ("below the floor: caveat is 0.9",))


def test_force_on_the_command_line_needs_the_models_name(capsys) -> None:
    assert main(["desk", "ship", "--force", "--reason", "because"]) == 1
    assert "--force needs the model's name" in capsys.readouterr().err


# What goes wrong while writing

def test_full_disk_leaves_the_book_as_it_was(settings, archive, comparison, monkeypatch) -> None:
    put(settings, archive, comparison, "a")
    before = (settings.models / BOOK).read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    b = archive("b")
    monkeypatch.setattr("bot.model_record.os.fsync", full)
    with pytest.raises(SetupError, match="cannot be written: No space left on device; nothing has changed"):
        ship(settings, b, by="jo", compared=comparison())
    assert (settings.models / BOOK).read_bytes() == before
    assert [path.name for path in settings.models.iterdir() if path.name.endswith(".part")] == []


def test_of_two_who_ship_at_once_the_second_is_told(settings, archive, comparison) -> None:
    b, c = archive("b"), archive("c")

    def meanwhile(first, second):
        ship(settings, c, by="ann", compared=comparison())
        return comparison()(first, second)

    with pytest.raises(ModelRefused, match="^ann has shipped footnote-c.tar.gz meanwhile"):
        ship(settings, b, by="jo", compared=meanwhile)
    assert book(settings) == [("ship", c.name)]


def _write_one(models, n, results) -> None:
    try:
        add_releases(models, Release(model=f"footnote-{n}.tar.gz", sha256="", size=0, action="ship", by=str(n)), expected=0)
        results.put(n)
    except ModelRefused:
        results.put(None)


def test_of_many_processes_that_write_at_once_one_wins(settings, monkeypatch) -> None:
    def slowly(path, values):
        time.sleep(0.1)
        write_json(path, values)

    monkeypatch.setattr("bot.releases.write_json", slowly)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_write_one, args=(settings.models, n, results)) for n in range(8)]
    for process in processes:
        process.start()
    won = [results.get(timeout=20) for _ in processes]
    for process in processes:
        process.join()
    winners = [n for n in won if n is not None]
    assert len(winners) == 1 and book(settings) == [("ship", f"footnote-{winners[0]}.tar.gz")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"entries": [{}]}', '{"entries": [{"number": 1, "model": "../x", '
                                  '"sha256": "", "size": 1, "action": "ship", "by": "", "at": "", "reason": null, '
                                  '"forced_over": []}]}'])
def test_broken_book_is_told_with_the_cure(settings, text: str) -> None:
    (settings.models / BOOK).write_text(text)
    with pytest.raises(SetupError, match="cannot be read .*; restore it, or delete it"):
        read_releases(settings.models)


# What servers make of it

def test_all_servers_go_back_when_one_refuses(settings, archive, comparison, fake_engine, monkeypatch) -> None:
    put(settings, archive, comparison, "a")
    engine = fake_engine(settings.models / "footnote-a.tar.gz")
    engine.refuses = "failed its self-test: nothing"
    with server(settings, engine, number=1):
        wait_for_server(settings)
        with pytest.raises(ModelRefused, match="refused it: footnote-b.tar.gz failed its self-test: nothing"):
            put(settings, archive, comparison, "b")
    assert engine.model == "footnote-a.tar.gz"
    entry = read_releases(settings.models).current
    assert (entry.action, entry.model) == ("taken back", "footnote-a.tar.gz") and "self-test" in entry.reason


def test_server_that_says_nothing_is_named(settings, archive, comparison) -> None:
    ReportFile(settings.models).write(Report(server="slow-1", state="serving", model="x", number=0))
    with pytest.raises(ModelRefused, match="slow-1 has said nothing within 0.3 s; footnote-a.tar.gz stays shipped"):
        put(settings, archive, comparison, "a", wait=0.3)


def test_report_of_a_dead_server_is_passed_over(settings, archive, comparison, monkeypatch) -> None:
    ReportFile(settings.models).write(Report(server="dead", state="serving", model="x", number=0))
    monkeypatch.setattr("bot.server_reports.DEAD_AFTER", -1.0)
    assert put(settings, archive, comparison, "a").reports == ()


# Going back

def test_rollback_goes_to_what_was_served_before_and_then_further(settings, archive, comparison) -> None:
    for name in "abc":
        put(settings, archive, comparison, name)
    assert rollback(settings, by="jo", reason="wrong answers").release.model == "footnote-b.tar.gz"
    assert read_releases(settings.models).current.reason == "wrong answers"
    assert rollback(settings, by="jo").release.model == "footnote-a.tar.gz"
    with pytest.raises(ModelRefused, match="nothing to go back to"):
        rollback(settings, by="jo")


def test_model_that_was_taken_back_can_be_shipped_again(settings, archive, comparison) -> None:
    put(settings, archive, comparison, "a")
    put(settings, archive, comparison, "b")
    rollback(settings, by="jo")
    put(settings, archive, comparison, "b")
    assert rollback(settings, by="jo").release.model == "footnote-a.tar.gz"


def test_rollback_to_a_broken_archive_is_refused(settings, archive, comparison) -> None:
    put(settings, archive, comparison, "a")
    put(settings, archive, comparison, "b")
    break_bytes(settings.models / "footnote-a.tar.gz")
    with pytest.raises(ModelRefused, match="other bytes"):
        rollback(settings, by="jo")
    assert book(settings)[-1] == ("ship", "footnote-b.tar.gz")


def test_empty_book_has_nothing_in_use() -> None:
    assert Releases().in_use() == set() and Releases().before_current() is None


# Which model is meant

def test_model_is_named_by_file_or_beginning_of_its_fingerprint(settings, archive) -> None:
    one, two = archive("abc1"), archive("abd2")
    for name in ("abc1", "abc", one.name, f"models/{one.name}", "footnote-abc1"):
        assert named_model(settings, name) == one
    with pytest.raises(SetupError, match="could be more than one of: "):
        named_model(settings, "ab")
    with pytest.raises(SetupError, match="'x' is no model; there are: "):
        named_model(settings, "x")
    assert newest_model(settings) in (one, two)


def test_folder_without_models_is_told_with_the_verb_that_makes_one(settings) -> None:
    with pytest.raises(SetupError, match="there is no trained model; run: make train"):
        newest_model(settings)
    assert served_model(settings) is None
